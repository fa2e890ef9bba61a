import Fastify, { type FastifyInstance } from 'fastify';
import authVerify from './plugins/auth-verify.js';
import { tokens } from './plugins/tokens.js';
import { authRoutes } from './routes/auth.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(tokens);
  await app.register(authVerify);

  app.get('/health', async () => ({ status: 'ok' }));
  await app.register(authRoutes, { prefix: '/auth' });

  return app;
}
