import type { Case } from '../../../helpers/case.ts';

/** The routes of the callee have a guard: calls send the token of their request on. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--to', 'billing'],
  after: [{ generator: 'add-auth-middleware', args: ['--target', 'billing', '--protect', 'invoicesRoutes'] }],
};
