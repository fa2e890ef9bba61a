import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';

export function buildBookRoutes(titles: readonly string[]): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', app.authenticate);

    app.get('/', async () => titles);

    app.get('/:title', { schema: { params: z.object({ title: z.string() }) } }, async (request, reply) => {
      const { title } = request.params;
      return titles.includes(title) ? { title } : reply.code(404).send({ error: 'No such book' });
    });
  };
}
