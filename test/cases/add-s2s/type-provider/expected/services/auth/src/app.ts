import fastifyJwt from '@fastify/jwt';
import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import authVerify from './plugins/auth-verify.js';
import { buildAuthRoutes } from './routes/auth.js';
import { findUser } from './users.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  await app.register(fastifyJwt, {
    secret: process.env['JWT_SECRET'] ?? 'development-secret-of-the-library',
  });

  await app.register(authVerify);

  const typed = app.withTypeProvider<ZodTypeProvider>();
  typed.get('/health', async () => ({ status: 'ok' }));
  await typed.register(buildAuthRoutes({ findUser }), { prefix: '/auth' });

  return app;
}
