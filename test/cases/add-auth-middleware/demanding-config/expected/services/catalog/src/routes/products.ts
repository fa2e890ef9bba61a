import type { FastifyInstance } from 'fastify';

const products = [
  { id: 'teapot', priceCents: 2400 },
  { id: 'kettle', priceCents: 3900 },
];

export async function productRoutes(app: FastifyInstance) {
  app.addHook('onRequest', app.authenticate);

  app.get('/', async () => products);

  app.get<{ Params: { id: string } }>('/:id', async (request, reply) => {
    const product = products.find(({ id }) => id === request.params.id);
    return product ?? reply.code(404).send({ error: 'No such product' });
  });
}
