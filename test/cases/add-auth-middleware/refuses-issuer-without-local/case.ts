import type { Case } from '../../../helpers/case.ts';

/** The auth service verifies: the issuer that was asked for would not be checked. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--protect', 'none', '--issuer', 'https://login.acme.test/'],
  refusal: ['E_INVALID_FLAG'],
};
