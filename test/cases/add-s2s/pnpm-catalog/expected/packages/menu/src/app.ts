import Fastify, { type FastifyInstance } from 'fastify';
import { menuRoutes } from '#app/routes/menu';
import authMiddleware from '#app/middleware/auth.middleware';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(authMiddleware);

  app.get('/health', async () => ({ status: 'ok' }));
  await app.register(menuRoutes, { prefix: '/menu' });

  return app;
}
