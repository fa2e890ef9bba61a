import type { Case } from '../../../helpers/case.ts';

/** A part that is added later: its hook goes before that of the auth middleware. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--with', 'context'],
  after: [{ generator: 'add-auth-middleware', args: ['--target', 'user', '--protect', 'usersRoutes'] }],
  probe: [{ service: 'services/user-service', path: '/users', status: 401 }],
};
