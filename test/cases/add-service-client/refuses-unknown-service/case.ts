import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'usre'],
  refusal: ['E_NO_SUCH_SERVICE'],
};
