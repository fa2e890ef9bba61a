import type { FastifyInstance } from 'fastify';

export async function gameRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => [{ id: 'pong' }, { id: 'snake' }]);
}
