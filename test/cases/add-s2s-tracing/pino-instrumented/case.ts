import type { Case } from '../../../helpers/case.ts';

/** The service has an SDK, which puts traces into its log. */
export const testCase: Case = {
  fixture: 'singleton-zod',
  args: ['--target', 'catalog'],
  files: {
    'services/catalog/package.json': (text) =>
      text.replace(
        '"dependencies": {',
        '"dependencies": {\n    "@opentelemetry/instrumentation-pino": "^0.60.0",\n    "@opentelemetry/sdk-node": "^0.223.0",',
      ),
  },
  probe: [{ service: 'services/catalog', path: '/products', status: 200 }],
};
