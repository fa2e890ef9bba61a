import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance } from 'fastify';
import authVerify from './plugins/auth-verify.js';
import authRoutes from './routes/auth.js';
import healthRoutes from './routes/health.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(fastifyJwt, {
    secret: process.env['JWT_SECRET'] ?? 'development-secret-of-the-warehouse',
    sign: { expiresIn: '15m' },
  });

  await app.register(authVerify);
  await app.register(healthRoutes);
  await app.register(authRoutes);

  return app;
}
