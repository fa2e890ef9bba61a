import type { Case } from '../../../helpers/case.ts';

/** The buckets are in the Redis that the service has a client of the package `redis` for. */
export const testCase: Case = {
  fixture: 'node-redis',
  after: [{ generator: 'add-auth-verify', args: [] }],
  args: ['--target', 'auth'],
  probe: [
    {
      service: 'services/auth',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
  ],
};
