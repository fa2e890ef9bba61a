import fastifyJwt from '@fastify/jwt';
import fastify, { type FastifyInstance } from 'fastify';
import authVerify from './plugins/auth-verify.js';
import { authRoutes } from './routes/auth.js';
import { healthRoutes } from './routes/health.js';

export function buildApp(): FastifyInstance {
  return fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } })
    .register(fastifyJwt, {
      secret: process.env['JWT_SECRET'] ?? 'development-secret-of-the-arcade',
    })
    .register(authVerify)
    .register(healthRoutes)
    .register(authRoutes, { prefix: '/auth' });
}
