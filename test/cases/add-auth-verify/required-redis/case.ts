import type { Case } from '../../../helpers/case.ts';

/** The service does not start without Redis, so the blacklist need not ask whether it is there. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--path', '/internal/verify'],
  files: {
    'services/auth-service/src/plugins/redis.ts': `import fp from 'fastify-plugin';
import { Redis } from 'ioredis';

declare module 'fastify' {
  interface FastifyInstance {
    redis: Redis;
  }
}

export default fp(
  (app, _options, done) => {
    const redis = new Redis(process.env['REDIS_URL'] ?? 'redis://localhost:6379', { lazyConnect: true });
    app.decorate('redis', redis);
    app.addHook('onClose', () => {
      redis.disconnect();
    });
    done();
  },
  { name: 'redis' },
);
`,
  },
  probe: [
    {
      service: 'services/auth-service',
      method: 'POST',
      path: '/internal/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
  ],
};
