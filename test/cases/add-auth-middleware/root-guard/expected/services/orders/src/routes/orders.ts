import type { FastifyInstance } from 'fastify';

const orders = [{ id: 1 }, { id: 2 }];

export async function orderRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => orders);
}
