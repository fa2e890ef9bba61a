/**
 * A service with one route, guarded in the way that is named: `user-server <guard> <auth origin> <middleware> <request context>`. Answers
 * each message with the CPU time that it has used.
 */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import Fastify, {
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { Pool } from 'undici';

/** What the bench sets of the middleware's options. */
interface Options {
  readonly baseUrl: string;
  readonly publicRoutes: readonly string[];
  readonly verifier?: unknown;
}

type Guarded = FastifyRequest & { caller?: unknown };

const [, , guard = '', authOrigin = '', middleware = '', context = ''] = process.argv;
const app = Fastify({ logger: { level: 'fatal' }, keepAliveTimeout: 60_000 });

/** What many services have written by hand: one fetch for each request. */
function guardByFetch(instance: FastifyInstance): void {
  instance.decorateRequest('caller', null);
  instance.addHook('onRequest', async (request: Guarded, reply: FastifyReply) => {
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
  });
}

/** The local verifier that lies beside the middleware. */
async function loadVerifier(): Promise<unknown> {
  const { localVerifier } = (await import(new URL('local-verifier.js', `file://${middleware}`).href)) as {
    localVerifier: (options: object) => unknown;
  };
  return localVerifier({ issuer: 'https://login.acme.test', audience: 'https://api.acme.test' });
}

/** Nothing but the header that every answer must have. */
function correlate(instance: FastifyInstance): void {
  instance.addHook('onRequest', (_request, reply, next) => {
    void reply.header('x-correlation-id', randomUUID());
    next();
  });
}

/** The least that asking once for all requests with one token can cost: no breaker, no deadline, nothing checked. */
function share(instance: FastifyInstance): void {
  correlate(instance);
  instance.decorateRequest('caller', null);
  const pool = new Pool(authOrigin);
  const inFlight = new Map<string, Promise<unknown>>();
  const ask = async (token: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ token });
    const answer = await pool.request({ path: '/auth/verify', method: 'POST', headers, body });
    const caller = await answer.body.json();
    inFlight.delete(token);
    return caller;
  };
  instance.addHook('onRequest', async (request: Guarded) => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const shared = inFlight.get(token) ?? ask(token);
    inFlight.set(token, shared);
    request.caller = await shared;
  });
}

/** The least that a 503 of its kind can cost. */
function refuseAll(instance: FastifyInstance): void {
  instance.addHook('onRequest', (_request, reply) => {
    const error = 'Authentication service temporarily unavailable. Please try again later.';
    reply.code(503).headers({ 'x-correlation-id': randomUUID(), 'retry-after': 30 }).send({ error });
  });
}

const guards: Readonly<Record<string, (instance: FastifyInstance) => void>> = {
  none: () => undefined,
  correlate,
  fetch: guardByFetch,
  share,
  refuse: refuseAll,
};

if (context !== '') {
  const { default: plugin } = (await import(context)) as { default: FastifyPluginCallback };
  await app.register(plugin);
}
if (middleware === '') guards[guard]?.(app);
else {
  const { default: plugin } = (await import(middleware)) as { default: FastifyPluginCallback<Options> };
  const local = guard === 'local' && { verifier: await loadVerifier() };
  await app.register(plugin, { baseUrl: authOrigin, publicRoutes: [], ...local });
}
app.get('/me', () => ({ id: 1, name: 'Ada' }));
await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.((app.server.address() as AddressInfo).port);
process.on('message', () => process.send?.(process.cpuUsage()));
process.once('disconnect', () => process.exit(0));
