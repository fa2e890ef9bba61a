import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance } from 'fastify';
import { AuthHandlers } from './auth-handlers.js';
import authVerify from './plugins/auth-verify.js';

export async function buildApp(): Promise<FastifyInstance> {
  const server = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await server.register(fastifyJwt, {
    secret: process.env['JWT_SECRET'] ?? 'development-secret-of-the-journal',
  });

  await server.register(authVerify);

  server.get('/health', async () => ({ status: 'ok' }));
  await server.register(
    (server, _, done) => {
      new AuthHandlers(server).handleRoutes();
      done();
    },
    { prefix: '/auth' },
  );

  return server;
}
