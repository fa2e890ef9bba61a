import type { Case } from '../../../helpers/case.ts';

/** A guard at the root refuses every route that does not opt out, as the new one does. */
export const testCase: Case = {
  fixture: 'root-guard',
  args: ['--blacklist', 'memory'],
  probe: [
    { service: 'services/auth', path: '/auth/me', status: 401 },
    {
      service: 'services/auth',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
    {
      service: 'services/auth',
      method: 'POST',
      path: '/auth/verify',
      body: { token: 'garbage' },
      status: 401,
      answer: { code: 'malformed' },
    },
  ],
};
