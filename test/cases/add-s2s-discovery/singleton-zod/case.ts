import type { Case } from '../../../helpers/case.ts';

/** A registration that has options gets one more; fetch carries the calls. */
export const testCase: Case = {
  fixture: 'singleton-zod',
  args: ['--target', 'catalog', '--source', 'static,dns,srv,consul,eureka'],
  after: [
    {
      generator: 'add-auth-middleware',
      args: ['--target', 'catalog', '--protect', 'all', '--public', 'GET /health', '--transport', 'fetch'],
    },
  ],
  probe: [{ service: 'services/catalog', path: '/health', status: 200 }],
};
