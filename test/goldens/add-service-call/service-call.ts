import fp from 'fastify-plugin';
import { type CallOptions, RouteClient } from '../utils/route-client.js';
import { ServiceClient, type ServiceClientError } from '../utils/service-client.js';
import { currentContext } from './request-context.js';

export interface Invoice {
  id: string;
  tenantId: string;
  amountCents: number;
  currency: 'EUR' | 'USD';
  paid: boolean;
}

export interface GetInvoicesAnswer {
  invoices: Invoice[];
}

export interface CreateInvoiceBody {
  tenantId: string;
  amountCents: number;
  currency: 'EUR' | 'USD';
}

export type GetInvoiceError = ServiceClientError & { readonly status: 404; readonly body: { error: string } };

/** The routes of billing-service; a call that fails rejects with a ServiceClientError. */
export class BillingClient extends RouteClient {
  /** GET /invoices */
  getInvoices(call: CallOptions = {}): Promise<GetInvoicesAnswer> {
    return this.call('get', '/invoices', call);
  }

  /** GET /invoices/:id; 404 as GetInvoiceError */
  getInvoice(call: { params: { id: string } } & CallOptions): Promise<Invoice> {
    return this.call('get', '/invoices/:id', call);
  }

  /** POST /invoices */
  createInvoice(call: { body: CreateInvoiceBody } & CallOptions): Promise<Invoice> {
    return this.call('post', '/invoices', call);
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    billing: BillingClient;
  }
}

export default fp(
  (app, _options, done) => {
    const baseUrl = process.env['BILLING_SERVICE_URL'] ?? 'http://localhost:3003';
    const client = new ServiceClient({ baseUrl, logger: app.log, context: currentContext });
    app.decorate('billing', new BillingClient(client)).addHook('onClose', () => client.close());
    done();
  },
  { name: 'billing-client' },
);
