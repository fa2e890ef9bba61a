import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [],
  refusal: ['E_MISSING_FLAG', 'E_MISSING_FLAG'],
};
