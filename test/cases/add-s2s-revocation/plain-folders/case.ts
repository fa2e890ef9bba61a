import type { Case } from '../../../helpers/case.ts';

/** CommonJS, Fastify 4 and four spaces; the two sides came one by one. */
export const testCase: Case = {
  fixture: 'plain-folders',
  after: [
    { generator: 'add-auth-verify', args: ['--blacklist', 'redis', '--logout', 'none'] },
    {
      generator: 'add-auth-middleware',
      args: ['--target', 'orders', '--protect', 'orderRoutes', '--with', 'cache,diagnostics'],
    },
  ],
  args: ['--target', 'orders'],
  probe: [
    { service: 'orders', path: '/orders', status: 401 },
    { service: 'orders', path: '/orders', login: 'bearer', status: 200 },
  ],
};
