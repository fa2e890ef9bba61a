import Fastify, { type FastifyInstance } from 'fastify';
import authMiddleware from './middleware/auth.middleware.js';
import healthRoutes from './routes/health.js';
import itemRoutes from './routes/items.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(authMiddleware, { publicRoutes: ['GET /health'] });

  await app.register(healthRoutes);
  await app.register(itemRoutes);

  return app;
}
