import type { Case } from '../../../helpers/case.ts';

const consumers = [
  '--target',
  'user,billing',
  '--protect',
  'usersRoutes,invoicesRoutes',
  '--cache-ttl',
  '60000',
];

/** Both sides are there already, in a monorepo; the consumers get a connection of their own. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  after: [{ generator: 'add-s2s', args: consumers }],
  args: ['--target', 'user,billing'],
  probe: [
    { service: 'services/user-service', path: '/users', login: 'bearer', status: 200 },
    { service: 'services/user-service', path: '/users', status: 401 },
  ],
};
