import type { Case } from '../../../helpers/case.ts';

/** jose 6 has no CommonJS: a package of it gets jose 5. */
export const testCase: Case = {
  fixture: 'jest-mapper',
  args: [
    ...['--target', 'notes', '--protect', 'none', '--verify', 'local'],
    ...['--jwks', 'https://login.acme.test/.well-known/jwks.json'],
    ...['--issuer', 'https://login.acme.test/', '--audience', 'https://api.acme.test'],
  ],
};
