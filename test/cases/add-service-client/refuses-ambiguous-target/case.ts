import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'service'],
  refusal: ['E_AMBIGUOUS_TARGET'],
};
