/**
 * A service whose one route calls the next one by the generated client, with its request's context or without:
 * `hop-server <next origin> <service-client> <request-context>`.
 */
import type { AddressInfo } from 'node:net';

import Fastify, { type FastifyPluginCallback } from 'fastify';

interface Client {
  get(path: string): Promise<{ readonly data: unknown }>;
}

const [, , baseUrl = '', clientFile = '', contextFile = ''] = process.argv;
const app = Fastify({ keepAliveTimeout: 60_000 });
const { ServiceClient } = (await import(clientFile)) as { ServiceClient: new (options: object) => Client };
let context: (() => unknown) | undefined;
if (contextFile !== '') {
  const part = (await import(contextFile)) as {
    default: FastifyPluginCallback;
    currentContext: () => unknown;
  };
  context = part.currentContext;
  await app.register(part.default);
}
const client = new ServiceClient({ baseUrl, retry: false, context });
app.get('/', async () => (await client.get('/')).data);
await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.((app.server.address() as AddressInfo).port);
process.once('disconnect', () => process.exit(0));
