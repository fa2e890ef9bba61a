import type { Case } from '../../../helpers/case.ts';

/** The client and the middleware that are there take the part, and Prometheus needs no token. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user'],
  after: [
    { generator: 'add-s2s', args: ['--target', 'user', '--protect', 'all', '--public', 'GET /health'] },
  ],
  probe: [
    { service: 'services/user-service', path: '/users', status: 401 },
    { service: 'services/user-service', path: '/metrics', status: 200 },
  ],
};
