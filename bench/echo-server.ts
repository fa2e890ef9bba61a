/** Answers a small JSON document to every POST. */
import type { AddressInfo } from 'node:net';

import Fastify from 'fastify';

const app = Fastify({ keepAliveTimeout: 60_000 });
app.post('/auth/verify', () => ({ valid: true, userId: 'usr_1', email: 'ada@acme.test', tenantId: 'acme' }));
await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.((app.server.address() as AddressInfo).port);
process.once('disconnect', () => process.exit(0));
