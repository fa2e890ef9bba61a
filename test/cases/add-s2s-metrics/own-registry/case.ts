import type { Case } from '../../../helpers/case.ts';

const metrics = `import { Registry } from 'prom-client';

export const registry = new Registry();
`;
const routes = `import type { FastifyInstance } from 'fastify';

import { registry } from '@/metrics';

export async function metricsRoutes(app: FastifyInstance): Promise<void> {
  app.get('/metrics', async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
`;
const crlf = (text: string): string => text.replaceAll('\n', '\r\n');

/** The service has a registry and a route for it: ours go in there. */
export const testCase: Case = {
  fixture: 'singleton-zod',
  args: ['--target', 'catalog', '--monitoring', 'none'],
  files: {
    'services/catalog/src/metrics.ts': crlf(metrics),
    'services/catalog/src/routes/metrics.ts': crlf(routes),
    'services/catalog/src/app.ts': (text) =>
      text
        .replace(/import { productRoutes/, "import { metricsRoutes } from '@/routes/metrics';\r\n$&")
        .replace('app.register(productRoutes', 'app.register(metricsRoutes);\r\n$&'),
  },
  probe: [{ service: 'services/catalog', path: '/metrics', status: 200 }],
};
