import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--target', 'notes', '--protect', 'notes'],
  probe: [
    { service: 'apps/notes', path: '/health', status: 200 },
    { service: 'apps/notes', path: '/notes', login: 'bearer', status: 200 },
    { service: 'apps/notes', path: '/notes', headers: { authorization: 'Bearer garbage' }, status: 401 },
    { service: 'apps/notes', path: '/notes', status: 401 },
  ],
};
