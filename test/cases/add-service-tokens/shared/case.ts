import type { Case } from '../../../helpers/case.ts';

const shared = ['--shared', 'packages/s2s'];

/** What verifies services is in the package that both ends share; keys and names are of each service. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  files: {
    'eslint.config.js': (text) =>
      text.replace("['services/**/*.ts']", "['packages/**/*.ts', 'services/**/*.ts']"),
    'package.json': (text) => text.replace('"services/*"', '"packages/*",\n    "services/*"'),
  },
  after: [
    {
      generator: 'add-auth-middleware',
      args: ['--target', 'user', '--protect', 'all', '--public', 'GET /health', ...shared],
    },
    { generator: 'add-service-call', args: ['--target', 'billing', '--to', 'user', ...shared] },
  ],
  args: ['--target', 'user', '--allow', 'billing-service', '--protect', 'usersRoutes'],
  probe: [
    { service: 'services/user-service', path: '/users', status: 401 },
    { service: 'services/user-service', path: '/health', status: 200 },
  ],
};
