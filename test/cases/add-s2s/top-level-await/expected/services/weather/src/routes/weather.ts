import type { FastifyInstance } from 'fastify';

export async function weatherRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => [{ city: 'Oslo' }, { city: 'Rome' }]);
}
