import type { Case } from '../../../helpers/case.ts';

/** The first step from a secret to keys: both are accepted, and login signs as before. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--keys', 'es256'],
  probe: [
    { service: 'services/auth-service', path: '/.well-known/jwks.json', status: 200 },
    {
      service: 'services/auth-service',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
  ],
};
