import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'pnpm-catalog',
  args: ['--target', 'menu', '--protect', 'menuRoutes', '--shared', 'packages/s2s'],
  probe: [
    { service: 'packages/menu', path: '/menu', login: 'bearer', status: 200 },
    { service: 'packages/menu', path: '/menu', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'packages/menu', path: '/menu', status: 401 },
  ],
};
