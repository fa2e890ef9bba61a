import type { FastifyInstance } from 'fastify';

export async function roomRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => [{ number: 101 }, { number: 102 }]);
}
