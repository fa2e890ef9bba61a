import Fastify from 'fastify';

import { env } from '@/env';
import serviceMetrics from '@/plugins/service-metrics';
import { healthRoutes } from '@/routes/health';
import { metricsRoutes } from '@/routes/metrics';
import { productRoutes } from '@/routes/products';

export const app = Fastify({ logger: { level: env.LOG_LEVEL } });

app.register(serviceMetrics);

app.register(healthRoutes);
app.register(metricsRoutes);
app.register(productRoutes, { prefix: '/products' });
