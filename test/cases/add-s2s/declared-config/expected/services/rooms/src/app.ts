import Fastify, { type FastifyInstance } from 'fastify';
import { env } from './env.js';
import authMiddleware from './middleware/auth.middleware.js';
import { roomRoutes } from './routes/rooms.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: env.LOG_LEVEL } });

  await app.register(authMiddleware, { publicRoutes: ['GET /health'] });

  app.get('/health', async () => ({ status: 'ok' }));
  await app.register(roomRoutes, { prefix: '/rooms' });

  return app;
}
