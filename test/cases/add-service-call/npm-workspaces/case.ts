import type { Case } from '../../../helpers/case.ts';

/** Types by what handlers return, by type arguments and by a schema of the body. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--to', 'billing'],
  probe: [{ service: 'services/user-service', path: '/health', status: 200 }],
};
