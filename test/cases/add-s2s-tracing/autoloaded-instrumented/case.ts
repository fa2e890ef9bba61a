import type { Case } from '../../../helpers/case.ts';

/** Everything that there is an instrumentation for is left to it. */
export const testCase: Case = {
  fixture: 'fastify-cli',
  args: ['--target', 'notes'],
  files: {
    'apps/notes/package.json': (text) =>
      text.replace(
        '"dependencies": {',
        '"dependencies": {\n    "@opentelemetry/auto-instrumentations-node": "^0.70.0",',
      ),
  },
  probe: [{ service: 'apps/notes', path: '/notes', status: 200 }],
};
