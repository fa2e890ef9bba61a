import Fastify, { type FastifyInstance } from 'fastify';
import { guard } from './plugins/guard.js';
import serviceMetrics from './plugins/service-metrics.js';
import { authRoutes } from './routes/auth.js';
import { healthRoutes } from './routes/health.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(guard);
  await app.register(serviceMetrics);
  await app.register(healthRoutes);
  await app.register(authRoutes, { prefix: '/auth' });

  return app;
}
