import type { Case } from '../../../helpers/case.ts';

/** @fastify/autoload registers the middleware: no registration can take the option, and tokens would go to the issuer. */
export const testCase: Case = {
  fixture: 'fastify-cli',
  args: [
    ...['--target', 'notes', '--protect', 'notes', '--verify', 'local'],
    ...[
      '--jwks',
      'https://login.acme.test/keys',
      '--issuer',
      'https://login.acme.test/',
      '--audience',
      'notes',
    ],
  ],
  refusal: ['E_NO_REGISTRATION_PLACE'],
};
