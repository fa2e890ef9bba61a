import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--target', 'orders', '--protect', 'orderRoutes'],
  probe: [
    { service: 'orders', path: '/health', status: 200 },
    { service: 'orders', path: '/orders', login: 'bearer', status: 200 },
    { service: 'orders', path: '/orders', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'orders', path: '/orders', status: 401 },
  ],
};
