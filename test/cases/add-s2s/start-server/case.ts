import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'start-server',
  args: ['--target', 'stock', '--protect', 'all', '--public', 'GET /health'],
  probe: [
    { service: 'services/stock', path: '/health', status: 200 },
    { service: 'services/stock', path: '/stock', login: 'bearer', status: 200 },
    { service: 'services/stock', path: '/stock', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/stock', path: '/stock', status: 401 },
  ],
};
