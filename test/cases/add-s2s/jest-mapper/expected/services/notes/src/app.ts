import Fastify, { FastifyInstance } from 'fastify';
import { noteRoutes } from './routes/notes.js';
import authMiddleware from './middleware/auth.middleware.js';

export function buildApp(): FastifyInstance {
  const app = Fastify({ logger: { level: process.env.LOG_LEVEL ?? 'info' } });

  app.register(authMiddleware);

  app.get('/health', async () => ({ status: 'ok' }));
  app.register(noteRoutes, { prefix: '/notes' });

  return app;
}
