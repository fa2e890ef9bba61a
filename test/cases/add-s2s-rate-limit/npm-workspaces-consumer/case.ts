import type { Case } from '../../../helpers/case.ts';

/** A consumer with the middleware knows its callers; it has no Redis of its own yet. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  after: [{ generator: 'add-s2s', args: ['--target', 'user', '--protect', 'usersRoutes'] }],
  args: ['--target', 'user', '--store', 'redis'],
  probe: [
    { service: 'services/user-service', path: '/health', status: 200 },
    { service: 'services/user-service', path: '/users', login: 'bearer', status: 200 },
    { service: 'services/user-service', path: '/users', status: 401 },
  ],
};
