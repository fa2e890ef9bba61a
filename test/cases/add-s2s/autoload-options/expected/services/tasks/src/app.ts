import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autoload from '@fastify/autoload';
import Fastify, { type FastifyInstance } from 'fastify';
import authMiddleware from './middleware/auth.middleware.js';

const here = fileURLToPath(new URL('.', import.meta.url));

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(authMiddleware, { publicRoutes: ['GET /health'] });

  await app.register(autoload, {
    dir: join(here, 'modules'),
    dirNameRoutePrefix: false,
    matchFilter: /\.router\.v1\.[jt]s$/,
    maxDepth: 2,
  });

  return app;
}
