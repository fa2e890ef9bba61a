import { FastifyInstance } from 'fastify';
import { notes } from '../notes.js';

export async function noteRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => notes);
}
