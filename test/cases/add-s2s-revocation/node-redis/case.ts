import type { Case } from '../../../helpers/case.ts';

const cached = ['--target', 'carts', '--protect', 'cartRoutes', '--cache-ttl', '60000'];

/** Both sides speak to Redis by the package `redis`. */
export const testCase: Case = {
  fixture: 'node-redis',
  files: {
    'services/carts/package.json': (text) =>
      text.replace('"fastify": "^5.0.0"', '"fastify": "^5.0.0",\n    "redis": "^5.8.0"'),
  },
  after: [{ generator: 'add-s2s', args: cached }],
  args: ['--target', 'carts'],
  probe: [{ service: 'services/carts', path: '/carts', status: 401 }],
};
