import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'jwt-namespaces',
  args: ['--target', 'profile', '--protect', 'profileRoutes'],
  probe: [
    { service: 'services/profile', path: '/health', status: 200 },
    { service: 'services/profile', path: '/profile', login: 'bearer', status: 200 },
    {
      service: 'services/profile',
      path: '/profile',
      headers: { authorization: 'Bearer garbage' },
      status: 401,
    },
    { service: 'services/profile', path: '/profile', status: 401 },
  ],
};
