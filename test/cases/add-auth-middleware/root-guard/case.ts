import type { Case } from '../../../helpers/case.ts';

/** The guard that is there runs before ours. */
export const testCase: Case = {
  fixture: 'root-guard',
  args: ['--target', 'orders', '--protect', 'orderRoutes'],
  probe: [
    { service: 'services/orders', path: '/health', status: 200 },
    { service: 'services/orders', path: '/orders', status: 403 },
    { service: 'services/orders', path: '/orders', headers: { 'x-api-key': 'orders-key' }, status: 401 },
  ],
};
