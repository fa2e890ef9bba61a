import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance } from 'fastify';
import { authRoutes } from './routes/auth.js';
import authVerify from './plugins/auth-verify.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(fastifyJwt, {
    secret: process.env['JWT_SECRET'] ?? 'development-secret-of-the-travel-auth',
  });

  await app.register(authVerify);

  app.get('/health', async () => ({ status: 'ok' }));
  app.get('/auth/verify', async () => ({ confirmed: true }));
  await app.register(authRoutes, { prefix: '/auth' });

  return app;
}
