import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance } from 'fastify';
import authVerify from './plugins/auth-verify.js';
import env from './plugins/env.js';
import { authRoutes } from './routes/auth.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(env);
  await app.register(fastifyJwt, { secret: app.config.JWT_SECRET, sign: { expiresIn: '15m' } });
  await app.register(authVerify);

  app.get('/health', async () => ({ status: 'ok' }));
  await app.register(authRoutes, { prefix: '/auth' });

  return app;
}
