import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--target', 'notes', '--protect', 'notes'],
  // The auth service is down here: with a token the answer is 503, without one it is 401 all the same.
  probe: [
    { service: 'apps/notes', path: '/health', status: 200 },
    { service: 'apps/notes', path: '/notes', status: 401, answer: { error: 'Invalid or expired token' } },
    {
      service: 'apps/notes',
      path: '/notes',
      headers: { authorization: 'Bearer some.valid.token' },
      status: 503,
    },
  ],
};
