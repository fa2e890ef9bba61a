/*!
 * Copyright Atlas Ltd.
 * SPDX-License-Identifier: MIT
 */
'use strict';

import Fastify, { type FastifyInstance } from 'fastify'; // the framework
/* its routes */ import { mapRoutes } from './routes/maps.js';
import authMiddleware from './middleware/auth.middleware.js';

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

  await app.register(authMiddleware);

  app.get('/health', async () => ({ status: 'ok' }));
  /* then */ await app.register(mapRoutes, { prefix: '/maps' }); // the rest

  return app;
}