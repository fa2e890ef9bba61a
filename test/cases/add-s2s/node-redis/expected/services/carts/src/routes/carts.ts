import type { FastifyInstance } from 'fastify';

export async function cartRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => [{ id: 1 }, { id: 2 }]);
}
