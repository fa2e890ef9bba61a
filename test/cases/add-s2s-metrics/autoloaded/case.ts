import type { Case } from '../../../helpers/case.ts';

/** Plugins are loaded from a folder: nothing is registered, and the list of open routes stands in the middleware. */
export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--target', 'notes', '--monitoring', 'ops/monitoring'],
  after: [
    {
      generator: 'add-auth-middleware',
      args: ['--target', 'notes', '--protect', 'all', '--public', 'GET /health'],
    },
  ],
  probe: [
    { service: 'apps/notes', path: '/notes', status: 401 },
    { service: 'apps/notes', path: '/metrics', status: 200 },
  ],
};
