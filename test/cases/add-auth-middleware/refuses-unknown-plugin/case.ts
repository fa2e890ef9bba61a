import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--protect', 'userRoutes'],
  refusal: ['E_NO_SUCH_PLUGIN'],
};
