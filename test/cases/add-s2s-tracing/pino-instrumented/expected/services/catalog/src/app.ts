import Fastify from 'fastify';

import { env } from '@/env';
import serviceTracing from '@/plugins/service-tracing';
import { healthRoutes } from '@/routes/health';
import { productRoutes } from '@/routes/products';

export const app = Fastify({ logger: { level: env.LOG_LEVEL } });

app.register(serviceTracing);

app.register(healthRoutes);
app.register(productRoutes, { prefix: '/products' });
