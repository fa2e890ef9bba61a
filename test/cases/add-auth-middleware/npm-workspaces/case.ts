import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--protect', 'usersRoutes'],
  // The auth service is down here: with a token the answer is 503, without one it is 401 all the same.
  probe: [
    { service: 'services/user-service', path: '/health', status: 200 },
    {
      service: 'services/user-service',
      path: '/users',
      status: 401,
      answer: { error: 'Invalid or expired token' },
    },
    {
      service: 'services/user-service',
      path: '/users',
      headers: { authorization: 'Bearer some.valid.token' },
      status: 503,
    },
  ],
};
