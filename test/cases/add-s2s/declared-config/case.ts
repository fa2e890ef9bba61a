import type { Case } from '../../../helpers/case.ts';

/** The secret and the port are read from what @fastify/env decorates, which a test of the plugin alone has to make. */
export const testCase: Case = {
  fixture: 'declared-config',
  args: ['--target', 'rooms', '--protect', 'all', '--public', 'GET /health'],
  probe: [
    { service: 'services/rooms', path: '/health', status: 200 },
    { service: 'services/rooms', path: '/rooms', login: 'bearer', status: 200 },
    { service: 'services/rooms', path: '/rooms', status: 401 },
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
