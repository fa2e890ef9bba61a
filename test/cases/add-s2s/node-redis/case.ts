import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'node-redis',
  args: ['--target', 'carts', '--protect', 'cartRoutes'],
  probe: [
    { service: 'services/carts', path: '/health', status: 200 },
    { service: 'services/carts', path: '/carts', login: 'bearer', status: 200 },
    { service: 'services/carts', path: '/carts', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'services/carts', path: '/carts', status: 401 },
  ],
};
