import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'plain-folders',
  args: [],
  probe: [
    { service: 'auth', path: '/health', status: 200 },
    {
      service: 'auth',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
    {
      service: 'auth',
      method: 'POST',
      path: '/auth/verify',
      body: { token: 'garbage' },
      status: 401,
      answer: { valid: false, code: 'malformed' },
    },
    { service: 'auth', method: 'POST', path: '/auth/verify', body: {}, status: 400 },
  ],
};
