import type { Case } from '../../../helpers/case.ts';

/** The service has no Redis client: the blacklist brings one. */
export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--blacklist', 'redis', '--logout', 'none'],
  probe: [
    {
      service: 'auth',
      method: 'POST',
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, userId: 'user-1', tenantId: 'acme' },
    },
  ],
};
