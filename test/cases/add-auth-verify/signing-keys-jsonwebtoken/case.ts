import type { Case } from '../../../helpers/case.ts';

/** Keys beside a secret of jsonwebtoken, on Fastify 4, in CommonJS. */
export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--keys', 'rs256'],
  probe: [
    { service: 'auth', path: '/.well-known/jwks.json', status: 200 },
    {
      service: 'auth',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true },
    },
  ],
};
