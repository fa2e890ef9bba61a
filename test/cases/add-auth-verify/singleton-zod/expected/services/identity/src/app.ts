import fastifyJwt from '@fastify/jwt';
import Fastify from 'fastify';

import { env } from '@/env';
import authVerify from '@/plugins/auth-verify';
import { authRoutes } from '@/routes/auth';
import { healthRoutes } from '@/routes/health';

export const app = Fastify({ logger: { level: env.LOG_LEVEL } });

app.register(fastifyJwt, {
  secret: env.JWT_SECRET,
  sign: { expiresIn: '1h' },
});

app.register(authVerify);

app.register(healthRoutes);
app.register(authRoutes, { prefix: '/auth' });
