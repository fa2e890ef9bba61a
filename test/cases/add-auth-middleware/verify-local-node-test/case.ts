import type { Case } from '../../../helpers/case.ts';

/** In the words of node:test, beside a hook of another name. */
export const testCase: Case = {
  fixture: 'node-redis',
  args: [
    ...['--target', 'carts', '--protect', 'none', '--verify', 'local'],
    ...['--jwks', 'https://login.acme.test/.well-known/jwks.json'],
    ...['--issuer', 'https://login.acme.test/', '--audience', 'https://api.acme.test'],
  ],
};
