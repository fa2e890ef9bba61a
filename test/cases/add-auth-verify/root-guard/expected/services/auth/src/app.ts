import Fastify, { type FastifyInstance } from 'fastify';
import authVerify from './plugins/auth-verify.js';
import { guard } from './plugins/guard.js';
import { authRoutes } from './routes/auth.js';
import { healthRoutes } from './routes/health.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(guard);
  await app.register(authVerify);
  await app.register(healthRoutes);
  await app.register(authRoutes, { prefix: '/auth' });

  return app;
}
