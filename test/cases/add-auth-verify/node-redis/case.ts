import type { Case } from '../../../helpers/case.ts';

/** The service speaks to Redis by node-redis, and so does the blacklist. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: [],
  files: {
    'services/auth-service/package.json': (text) => text.replace('"ioredis": "^5.9.0"', '"redis": "^5.8.0"'),
    'services/auth-service/src/plugins/redis.ts': `import fp from 'fastify-plugin';
import { createClient } from 'redis';

type Redis = ReturnType<typeof createClient>;

declare module 'fastify' {
  interface FastifyInstance {
    redis: Redis;
  }
}

export default fp(
  (app, _options, done) => {
    const redis: Redis = createClient({ url: process.env['REDIS_URL'] ?? 'redis://localhost:6379' });
    redis.on('error', (error: Error) => {
      app.log.error(error, 'Redis connection failed');
    });
    app.decorate('redis', redis);
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
      path: '/auth/verify',
      login: 'body',
      status: 200,
      answer: { valid: true, email: 'ada@acme.test' },
    },
  ],
};
