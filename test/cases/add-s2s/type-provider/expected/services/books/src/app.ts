import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { buildBookRoutes } from './routes/books.js';
import authMiddleware from './middleware/auth.middleware.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  const typed = app.withTypeProvider<ZodTypeProvider>();

  await typed.register(authMiddleware);
  typed.get('/health', async () => ({ status: 'ok' }));
  await typed.register(buildBookRoutes(['emma', 'persuasion']), { prefix: '/books' });

  return app;
}
