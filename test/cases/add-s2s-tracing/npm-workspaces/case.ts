import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user'],
  after: [{ generator: 'add-s2s', args: ['--target', 'user', '--protect', 'usersRoutes'] }],
  probe: [{ service: 'services/user-service', path: '/users', status: 401 }],
};
