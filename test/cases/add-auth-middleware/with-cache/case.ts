import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--target', 'notes', '--protect', 'all', '--public', 'GET /health', '--cache-ttl', '5000'],
  probe: [
    { service: 'apps/notes', path: '/health', status: 200 },
    { service: 'apps/notes', path: '/notes', status: 401 },
  ],
};
