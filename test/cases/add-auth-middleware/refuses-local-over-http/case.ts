import type { Case } from '../../../helpers/case.ts';

/** Who changes the keys on their way gets in. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [
    ...['--target', 'user', '--protect', 'none', '--verify', 'local'],
    ...[
      '--jwks',
      'http://login.acme.test/keys',
      '--issuer',
      'https://login.acme.test/',
      '--audience',
      'users',
    ],
  ],
  refusal: ['E_INVALID_FLAG'],
};
