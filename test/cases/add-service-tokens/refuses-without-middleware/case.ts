import type { Case } from '../../../helpers/case.ts';

/** Nothing tells users from services there. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--allow', 'billing-service', '--protect', 'nothing'],
  refusal: ['E_MISSING_PART', 'E_NO_SUCH_PLUGIN'],
};
