/*!
 * Copyright Atlas Ltd.
 * SPDX-License-Identifier: MIT
 */
'use strict';
/* eslint-disable sort-imports -- the plugins come first */

import fastifyJwt from '@fastify/jwt'; // signs
import Fastify, { type FastifyInstance } from 'fastify';

// Routes
import { authRoutes } from './routes/auth.js';
import authVerify from './plugins/auth-verify.js';
/* eslint-enable sort-imports */

export async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: process.env['LOG_LEVEL'] ?? 'info' } }); // the one and only

  // Tokens
  await app.register(fastifyJwt, {
    secret: process.env['JWT_SECRET'] ?? 'development-secret-of-the-atlas', // see README
  }); // done

  app.register(authVerify);

  app.get('/health', async () => ({ status: 'ok' }));
  // eslint-disable-next-line no-void
  app.register(authRoutes, { prefix: '/auth' }); // keep last

  return app;
  /* nothing after this */
}