import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'npm-workspaces',
  files: {
    'eslint.config.js': (text) =>
      text.replace("['services/**/*.ts']", "['packages/**/*.ts', 'services/**/*.ts']"),
  },
  args: [
    ...['--target', 'user,billing', '--protect', 'usersRoutes,invoicesRoutes'],
    ...['--shared', 'packages/s2s'],
  ],
  probe: [
    { service: 'services/user-service', path: '/users', login: 'bearer', status: 200 },
    { service: 'services/billing-service', path: '/invoices', login: 'bearer', status: 200 },
    {
      service: 'services/user-service',
      path: '/users',
      headers: { authorization: 'Bearer garbage' },
      status: 401,
    },
    { service: 'services/user-service', path: '/users', status: 401 },
    { service: 'services/user-service', path: '/health', status: 200 },
  ],
};
