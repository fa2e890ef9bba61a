import Fastify, { type FastifyInstance } from 'fastify';
import { PostHandlers } from './post-handlers.js';
import authMiddleware from './middleware/auth.middleware.js';

export async function buildApp(): Promise<FastifyInstance> {
  const server = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await server.register(authMiddleware, { publicRoutes: ['GET /health'] });

  server.get('/health', async () => ({ status: 'ok' }));
  await server.register(
    (server, _, done) => {
      new PostHandlers(server).handleRoutes();
      done();
    },
    { prefix: '/posts' },
  );

  return server;
}
