import type { Case } from '../../../helpers/case.ts';

const user = 'services/user-service';
export const file = `${user}/src/routes/accounts.routes.ts`;
const accounts = `import axios, { isAxiosError } from 'axios';
import type { FastifyInstance } from 'fastify';

const BILLING_URL = process.env['BILLING_SERVICE_URL'] ?? 'http://localhost:3003';

interface Invoice {
  id: string;
  amountCents: number;
}

export async function accountsRoutes(app: FastifyInstance): Promise<void> {
  app.get<{ Params: { id: string } }>('/:id', async (request, reply) => {
    const response = await fetch(\`\${BILLING_URL}/invoices/\${encodeURIComponent(request.params.id)}\`, {
      headers: { accept: 'application/json', 'x-tenant-id': 'acme' },
    });
    if (response.status === 404) return reply.code(404).send(await response.json());
    if (!response.ok) throw new Error(\`billing answered \${String(response.status)}\`);
    const invoice = (await response.json()) as Invoice;
    return { cents: invoice.amountCents };
  });

  app.post('/', async (request, reply) => {
    const draft = { tenantId: 'acme', amountCents: 5, currency: 'EUR' } as const;
    try {
      const answer = await fetch(BILLING_URL + '/invoices', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(draft),
      });
      if (!answer.ok) return await reply.code(502).send({ error: await answer.json() });
      const { amountCents } = (await answer.json()) as Invoice;
      return { amountCents };
    } catch (error) {
      request.log.error(error, 'No billing');
      return reply.code(503).send({ error: 'No billing' });
    }
  });

  app.get('/all', async () => {
    const { data } = await axios.get<{ invoices: Invoice[] }>(\`\${BILLING_URL}/invoices\`);
    return { count: data.invoices.length };
  });

  app.get<{ Params: { id: string } }>('/:id/safe', async (request) => {
    try {
      const answer = await axios.get<Invoice>(\`\${BILLING_URL}/invoices/\${request.params.id}\`);
      return { cents: answer.data.amountCents };
    } catch (error) {
      if (isAxiosError(error)) return { status: error.response?.status, body: error.response?.data as unknown };
      throw error;
    }
  });
}
`;

/** Bare calls in the plain shapes, of which only one axios import and one constant are needed no longer. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  args: ['--target', 'user', '--to', 'billing', '--adopt'],
  probe: [{ service: user, path: '/health', status: 200 }],
  files: {
    [file]: accounts,
    [`${user}/src/app.ts`]: (text: string): string =>
      text
        .replace(
          'import { healthRoutes }',
          "import { accountsRoutes } from './routes/accounts.routes.js';\nimport { healthRoutes }",
        )
        .replace(
          '  await app.register(healthRoutes);',
          "  await app.register(accountsRoutes, { prefix: '/accounts' });\n  await app.register(healthRoutes);",
        ),
    [`${user}/package.json`]: (text: string): string =>
      text.replace('"fastify":', '"axios": "^1.21.1",\n    "fastify":'),
  },
};
