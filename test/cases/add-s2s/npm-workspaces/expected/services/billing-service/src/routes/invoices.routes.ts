import type { FastifyInstance } from 'fastify';
import { createInvoiceStore, type Invoice } from '../invoices/invoice-store.js';

type InvoiceBody = Pick<Invoice, 'tenantId' | 'amountCents' | 'currency'>;

const createInvoiceSchema = {
  body: {
    type: 'object',
    required: ['tenantId', 'amountCents', 'currency'],
    additionalProperties: false,
    properties: {
      tenantId: { type: 'string', pattern: '^[a-z][a-z0-9_]{0,39}$' },
      amountCents: { type: 'integer', minimum: 1 },
      currency: { type: 'string', enum: ['EUR', 'USD'] },
    },
  },
};

export async function invoicesRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', app.authenticate);

  const invoices = createInvoiceStore();

  app.get('/', () => ({ invoices: invoices.list() }));

  app.get<{ Params: { id: string } }>('/:id', async (request, reply) => {
    return invoices.find(request.params.id) ?? reply.code(404).send({ error: 'No such invoice' });
  });

  app.post<{ Body: InvoiceBody }>('/', { schema: createInvoiceSchema }, async (request, reply) => {
    return reply.code(201).send(invoices.add(request.body));
  });
}
