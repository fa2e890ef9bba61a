import type { Case } from '../../../helpers/case.ts';

export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--target', 'notes'],
  wholeFiles: true,
  probe: [{ service: 'apps/notes', path: '/health', status: 200 }],
};
