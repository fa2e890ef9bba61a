import type { Case } from '../../../helpers/case.ts';

/** CommonJS on Fastify 4, and no Redis: each instance limits by itself. */
export const testCase: Case = {
  fixture: 'plain-folders',
  after: [{ generator: 'add-auth-verify', args: ['--logout', 'none'] }],
  args: ['--target', 'auth'],
  probe: [
    { service: 'auth', path: '/health', status: 200 },
    { service: 'auth', method: 'POST', path: '/auth/verify', body: { token: 'garbage' }, status: 401 },
  ],
};
