import Fastify from 'fastify';

import { env } from '@/env';
import authMiddleware from '@/middleware/auth.middleware';
import { healthRoutes } from '@/routes/health';
import { productRoutes } from '@/routes/products';

export const app = Fastify({ logger: { level: env.LOG_LEVEL } });

app.register(authMiddleware);

app.register(healthRoutes);
app.register(productRoutes, { prefix: '/products' });
