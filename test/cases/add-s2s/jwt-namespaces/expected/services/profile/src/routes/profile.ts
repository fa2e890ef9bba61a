import type { FastifyInstance } from 'fastify';

export async function profileRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => ['name', 'address']);
}
