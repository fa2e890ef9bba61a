import Fastify from 'fastify';

import { env } from '@/env';
import authMiddleware from '@/middleware/auth.middleware';
import { healthRoutes } from '@/routes/health';
import { productRoutes } from '@/routes/products';
import { connectService } from '@/utils/connect-service';

export const app = Fastify({ logger: { level: env.LOG_LEVEL } });

app.register(authMiddleware, { publicRoutes: ['GET /health'], connect: connectService });

app.register(healthRoutes);
app.register(productRoutes, { prefix: '/products' });
