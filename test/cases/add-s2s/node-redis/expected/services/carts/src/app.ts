import Fastify, { type FastifyInstance } from 'fastify';
import { cartRoutes } from './routes/carts.js';
import authMiddleware from './middleware/auth.middleware.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(authMiddleware);

  app.get('/health', async () => ({ status: 'ok' }));
  await app.register(cartRoutes, { prefix: '/carts' });

  return app;
}
