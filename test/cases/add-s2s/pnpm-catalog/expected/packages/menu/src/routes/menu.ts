import type { FastifyInstance } from 'fastify';

export async function menuRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => [{ dish: 'soup' }, { dish: 'pie' }]);
}
