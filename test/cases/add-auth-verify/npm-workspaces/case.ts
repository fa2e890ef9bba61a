import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [],
  probe: [
    { service: 'services/auth-service', path: '/health', status: 200 },
    {
      service: 'services/auth-service',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
    {
      service: 'services/auth-service',
      method: 'POST',
      path: '/auth/verify',
      body: { token: 'garbage' },
      status: 401,
      answer: { valid: false, code: 'malformed' },
    },
    { service: 'services/auth-service', method: 'POST', path: '/auth/verify', body: {}, status: 400 },
  ],
};
