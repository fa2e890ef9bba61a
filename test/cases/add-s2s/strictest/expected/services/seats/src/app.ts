import Fastify, { type FastifyInstance } from 'fastify';
import { seatRoutes } from './routes/seats.ts';
import authMiddleware from './middleware/auth.middleware.ts';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(authMiddleware);

  app.get('/health', async () => ({ status: 'ok' }));
  await app.register(seatRoutes, { prefix: '/seats' });

  return app;
}
