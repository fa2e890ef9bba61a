import type { Case } from '../../../helpers/case.ts';

/** CommonJS, Jest, a compiler that reads no `exports`, and no workspace. */
export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--target', 'orders', '--protect', 'all', '--public', 'GET /health', '--shared', 's2s'],
  probe: [
    { service: 'orders', path: '/orders', login: 'bearer', status: 200 },
    { service: 'orders', path: '/orders', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'orders', path: '/health', status: 200 },
  ],
};
