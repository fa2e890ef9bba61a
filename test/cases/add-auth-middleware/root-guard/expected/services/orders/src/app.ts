import Fastify, { type FastifyInstance } from 'fastify';
import authMiddleware from './middleware/auth.middleware.js';
import { apiKeyGuard } from './plugins/api-key.js';
import { healthRoutes } from './routes/health.js';
import { orderRoutes } from './routes/orders.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  apiKeyGuard(app);
  await app.register(authMiddleware);
  await app.register(healthRoutes);
  await app.register(orderRoutes, { prefix: '/orders' });

  return app;
}
