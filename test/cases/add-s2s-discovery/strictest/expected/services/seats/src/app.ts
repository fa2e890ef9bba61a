import Fastify, { type FastifyInstance } from 'fastify';
import { seatRoutes } from './routes/seats.ts';
import authMiddleware from './middleware/auth.middleware.ts';
import { connectService } from './utils/connect-service.ts';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(authMiddleware, { connect: connectService });

  app.get('/health', async () => ({ status: 'ok' }));
  await app.register(seatRoutes, { prefix: '/seats' });

  return app;
}
