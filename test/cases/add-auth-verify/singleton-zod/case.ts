import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'singleton-zod',
  args: ['--blacklist', 'memory'],
  probe: [
    { service: 'services/identity', path: '/health', status: 200 },
    {
      service: 'services/identity',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
    {
      service: 'services/identity',
      method: 'POST',
      path: '/auth/verify',
      body: { token: 'garbage' },
      status: 401,
      answer: { valid: false, code: 'malformed' },
    },
    { service: 'services/identity', method: 'POST', path: '/auth/verify', body: {}, status: 400 },
  ],
};
