import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import authVerify from './plugins/auth-verify.js';
import rateLimit from './plugins/rate-limit.js';
import { redis } from './redis.js';
import { authRoutes } from './routes/auth.js';

declare module 'fastify' {
  interface FastifyInstance {
    authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  }
}

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(fastifyJwt, {
    secret: process.env['JWT_SECRET'] ?? 'development-secret-of-the-bazaar',
  });

  await app.register(rateLimit);

  await app.register(authVerify);
  app.decorate('authenticate', async (request: FastifyRequest) => {
    await request.jwtVerify();
  });
  app.addHook('onClose', () => {
    if (redis.isOpen) redis.destroy();
  });

  app.get('/health', async () => ({ status: 'ok' }));
  await app.register(authRoutes, { prefix: '/auth' });

  return app;
}
