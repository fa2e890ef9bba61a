import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import authVerify from './plugins/auth-verify.js';
import jwtPlugin from './plugins/jwt.js';
import redisPlugin from './plugins/redis.js';
import { authRoutes } from './routes/auth.routes.js';
import { healthRoutes } from './routes/health.routes.js';

export interface AppOptions {
  logger?: FastifyServerOptions['logger'];
}

export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({
    logger: options.logger ?? { level: process.env['LOG_LEVEL'] ?? 'info' },
  });

  await app.register(redisPlugin);
  await app.register(jwtPlugin);
  await app.register(authVerify);

  await app.register(healthRoutes);
  await app.register(authRoutes, { prefix: '/auth' });

  return app;
}
