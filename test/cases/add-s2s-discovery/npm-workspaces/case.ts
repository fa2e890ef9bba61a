import type { Case } from '../../../helpers/case.ts';

/** The middleware that is there gets to find the auth service by name. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--source', 'dns,srv'],
  after: [{ generator: 'add-auth-middleware', args: ['--target', 'user', '--protect', 'usersRoutes'] }],
  probe: [{ service: 'services/user-service', path: '/health', status: 200 }],
};
