import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--target', 'notes', '--protect', 'notes', '--with', 'diagnostics,cache'],
  probe: [{ service: 'apps/notes', path: '/notes', status: 401 }],
};
