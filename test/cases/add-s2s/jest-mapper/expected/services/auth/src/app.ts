import fastifyJwt from '@fastify/jwt';
import Fastify, { FastifyInstance } from 'fastify';
import { authRoutes } from './routes/auth.js';
import authVerify from './plugins/auth-verify.js';

export function buildApp(): FastifyInstance {
  const app = Fastify({ logger: { level: process.env.LOG_LEVEL ?? 'info' } });

  app.register(fastifyJwt, { secret: process.env.JWT_SECRET ?? 'development-secret-of-the-diary-auth' });
  app.register(authVerify);
  app.get('/health', async () => ({ status: 'ok' }));
  app.register(authRoutes, { prefix: '/auth' });

  return app;
}
