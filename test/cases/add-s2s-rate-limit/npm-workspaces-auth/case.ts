import type { Case } from '../../../helpers/case.ts';

/** The auth service has the verify route, and a client of ioredis that may be missing. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  after: [{ generator: 'add-auth-verify', args: [] }],
  args: ['--target', 'auth-service'],
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
  ],
};
