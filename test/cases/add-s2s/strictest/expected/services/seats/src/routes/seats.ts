import type { FastifyInstance } from 'fastify';

export async function seatRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => [{ row: 'A' }, { row: 'B' }]);
}
