import type { Case } from '../../../helpers/case.ts';

/** node-redis 4 is a dependency, but no client of it can be reached: the blacklist makes its own. */
export const testCase: Case = {
  fixture: 'plain-folders',
  args: ['--logout', 'none'],
  files: {
    'auth/package.json': (text) =>
      text.replace('"jsonwebtoken": "^9.0.2"', '"jsonwebtoken": "^9.0.2",\n        "redis": "^4.7.0"'),
  },
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
