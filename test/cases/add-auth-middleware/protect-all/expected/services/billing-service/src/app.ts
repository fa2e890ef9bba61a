import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import authMiddleware from './middleware/auth.middleware.js';
import { healthRoutes } from './routes/health.routes.js';
import { invoicesRoutes } from './routes/invoices.routes.js';

export interface AppOptions {
  logger?: FastifyServerOptions['logger'];
}

export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({
    logger: options.logger ?? { level: process.env['LOG_LEVEL'] ?? 'info' },
  });

  await app.register(authMiddleware, { publicRoutes: ['GET /health'] });

  await app.register(healthRoutes);
  await app.register(invoicesRoutes, { prefix: '/invoices' });

  return app;
}
