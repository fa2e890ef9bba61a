import type { Case } from '../../../helpers/case.ts';

/** Tabs, no semicolons, and a folder of plugins that is loaded by itself. */
export const testCase: Case = {
  fixture: 'fastify-cli',
  after: [
    {
      generator: 'add-auth-middleware',
      args: ['--target', 'notes', '--protect', 'all', '--public', 'GET /health'],
    },
  ],
  args: ['--target', 'notes', '--store', 'memory'],
  probe: [
    { service: 'apps/notes', path: '/health', status: 200 },
    { service: 'apps/notes', path: '/notes', status: 401 },
  ],
};
