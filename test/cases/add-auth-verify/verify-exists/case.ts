import type { Case } from '../../../helpers/case.ts';

/** The usual URL is taken, another one is free. */
export const testCase: Case = {
  fixture: 'verify-exists',
  args: ['--path', '/internal/verify'],
  probe: [
    {
      service: 'services/auth',
      method: 'POST',
      path: '/internal/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
    {
      service: 'services/auth',
      method: 'POST',
      path: '/auth/verify',
      body: { code: '123456' },
      status: 200,
      answer: { verified: true },
    },
  ],
};
