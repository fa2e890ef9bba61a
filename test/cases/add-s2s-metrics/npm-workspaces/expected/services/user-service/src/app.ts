import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import authMiddleware from './middleware/auth.middleware.js';
import databasePlugin from './plugins/database.js';
import serviceMetrics from './plugins/service-metrics.js';
import { healthRoutes } from './routes/health.routes.js';
import { usersRoutes } from './routes/users.routes.js';

export interface AppOptions {
  logger?: FastifyServerOptions['logger'];
  /** Folder of the database; in memory when it is undefined. */
  databaseDir?: string | undefined;
}

export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({
    logger: options.logger ?? { level: process.env['LOG_LEVEL'] ?? 'info' },
  });

  await app.register(databasePlugin, {
    dataDir: options.databaseDir ?? process.env['DATABASE_DIR'],
  });

  await app.register(authMiddleware, { publicRoutes: ['GET /health', 'GET /metrics'] });
  await app.register(serviceMetrics);

  await app.register(healthRoutes);
  await app.register(usersRoutes, { prefix: '/users' });

  return app;
}
