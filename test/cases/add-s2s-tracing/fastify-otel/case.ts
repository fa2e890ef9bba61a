import type { Case } from '../../../helpers/case.ts';

/** The spans of requests are another's; the correlation ID on them and the trace in the log are not. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'auth'],
  files: {
    'services/auth-service/package.json': (text) =>
      text.replace(
        '"dependencies": {',
        '"dependencies": {\n    "@fastify/otel": "^0.21.0",\n    "@opentelemetry/sdk-node": "^0.223.0",',
      ),
  },
  probe: [{ service: 'services/auth-service', path: '/health', status: 200 }],
};
