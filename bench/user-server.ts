/** A service with one route, guarded in the way that is named: `user-server.ts <guard> <auth origin>`. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

import { loadMiddleware } from './middleware-module.ts';

const [, , guard = '', authOrigin = ''] = process.argv;
const app = Fastify({ logger: { level: 'fatal' }, keepAliveTimeout: 60_000 });

/** What many services have written by hand: one fetch for each request. */
function guardByFetch(instance: FastifyInstance): void {
  instance.decorateRequest('caller', null);
  instance.addHook(
    'onRequest',
    async (request: FastifyRequest & { caller?: unknown }, reply: FastifyReply) => {
      const token = request.headers.authorization?.slice('Bearer '.length);
      try {
        const answer = await fetch(`${authOrigin}/auth/verify`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-correlation-id': randomUUID() },
          body: JSON.stringify({ token }),
          signal: AbortSignal.timeout(5_000),
        });
        if (!answer.ok) return await reply.code(401).send({ error: 'Invalid or expired token' });
        request.caller = await answer.json();
      } catch {
        return reply.code(503).send({ error: 'Authentication service temporarily unavailable' });
      }
      return undefined;
    },
  );
}

async function guardByMiddleware(instance: FastifyInstance, cache: boolean): Promise<void> {
  await instance.register(await loadMiddleware(cache), { baseUrl: authOrigin, publicRoutes: [] });
}

/** The least that a 503 of its kind can cost. */
function refuseAll(instance: FastifyInstance): void {
  instance.addHook('onRequest', async (_request, reply) => {
    reply.code(503).headers({ 'x-correlation-id': randomUUID(), 'retry-after': 30 });
    return reply.send({ error: 'Authentication service temporarily unavailable. Please try again later.' });
  });
}

if (guard === 'refuse') refuseAll(app);
else if (guard === 'fetch') guardByFetch(app);
else if (guard !== 'none') await guardByMiddleware(app, guard === 'cached');
app.get('/me', () => ({ id: 1, name: 'Ada' }));
await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.((app.server.address() as AddressInfo).port);
process.once('disconnect', () => process.exit(0));
