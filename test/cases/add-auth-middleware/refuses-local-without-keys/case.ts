import type { Case } from '../../../helpers/case.ts';

/** Whose tokens count is a security decision: it has no default. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--protect', 'none', '--verify', 'local'],
  refusal: ['E_MISSING_FLAG', 'E_MISSING_FLAG', 'E_MISSING_FLAG'],
};
