import type { Case } from '../../../helpers/case.ts';

/** Nothing in the service knows JWTs: it gets @fastify/jwt. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'billing'],
  probe: [
    { service: 'services/billing-service', path: '/health', status: 200 },
    {
      service: 'services/billing-service',
      method: 'POST',
      path: '/auth/verify',
      body: { token: 'garbage' },
      status: 401,
      answer: { valid: false, code: 'malformed' },
    },
  ],
};
