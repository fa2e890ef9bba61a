import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--blacklist', 'none'],
  probe: [
    { service: 'apps/auth', path: '/health', status: 200 },
    {
      service: 'apps/auth',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
    {
      service: 'apps/auth',
      method: 'POST',
      path: '/auth/verify',
      body: { token: 'garbage' },
      status: 401,
      answer: { valid: false, code: 'malformed' },
    },
    { service: 'apps/auth', method: 'POST', path: '/auth/verify', body: {}, status: 400 },
  ],
};
