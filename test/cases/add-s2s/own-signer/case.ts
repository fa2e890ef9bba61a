import type { Case } from '../../../helpers/case.ts';
import { testCase as issuer } from '../../add-auth-verify/own-signer/case.ts';

/** An exported function signs the tokens of the login: the integration test runs it in the auth service's folder. */
export const testCase: Case = {
  ...issuer,
  args: ['--target', 'user', '--protect', 'usersRoutes', '--blacklist', 'memory'],
};
