/*!
 * Copyright Atlas Ltd.
 * SPDX-License-Identifier: MIT
 */

import type { FastifyInstance } from 'fastify';

export async function mapRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => [{ name: 'Oslo' }, { name: 'Rome' }]);
}
