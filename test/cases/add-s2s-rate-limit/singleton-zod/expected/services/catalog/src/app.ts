import Fastify from 'fastify';

import { env } from '@/env';
import rateLimit from '@/plugins/rate-limit';
import { healthRoutes } from '@/routes/health';
import { productRoutes } from '@/routes/products';

export const app = Fastify({ logger: { level: env.LOG_LEVEL } });

app.register(rateLimit);

app.register(healthRoutes);
app.register(productRoutes, { prefix: '/products' });
