import Fastify, { type FastifyInstance } from 'fastify';
import { profileRoutes } from './routes/profile.js';
import authMiddleware from './middleware/auth.middleware.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(authMiddleware);

  app.get('/health', async () => ({ status: 'ok' }));
  await app.register(profileRoutes, { prefix: '/profile' });

  return app;
}
