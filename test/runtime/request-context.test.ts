import { once } from 'node:events';
import { request as openRequest, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import Fastify, { type FastifyInstance } from 'fastify';
import { Pool } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';

import { json, silence, StubServer } from '../../templates/_shared/test-kit.ts';
import requestContext, {
  currentContext,
  type RequestContextOptions,
} from '../../templates/add-service-client/request-context.ts';
import {
  ServiceClient,
  type ServiceClientOptions,
} from '../../templates/add-service-client/service-client.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { isDeep } from '../helpers/sampled.ts';

const fromFixtures = createRequire(join(projectRoot, 'fixtures/_deps/fastify4/package.json'));
const Fastify4 = fromFixtures('fastify') as typeof Fastify;

interface Hop {
  readonly origin: string;
  readonly client: ServiceClient;
}

const hour = '3600000';
/** Headers of a caller, and the milliseconds that a service with 300 of its own gives to its calls then. */
const deadlines: readonly (readonly [Record<string, string>, number])[] = [
  [{}, 300],
  [{ 'x-request-timeout-ms': '100' }, 100],
  [{ 'x-envoy-expected-rq-timeout-ms': '100' }, 100],
  [{ 'x-request-timeout-ms': '100', 'x-envoy-expected-rq-timeout-ms': '150' }, 100],
  [{ 'x-request-timeout-ms': '150', 'x-envoy-expected-rq-timeout-ms': '100' }, 100],
  ...[
    hour,
    '0',
    '-1',
    '1e999',
    '1e2',
    '0x10',
    'NaN',
    'Infinity',
    'soon',
    ' ',
    '1, 2',
    '10000000000',
    '5.5',
  ].map((value): [Record<string, string>, number] => [{ 'x-request-timeout-ms': value }, 300]),
];

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startLeaf(): Promise<StubServer> {
  const leaf = new StubServer();
  await leaf.start();
  ends.push(() => leaf.stop());
  return leaf;
}

/** Milliseconds from now until every request of `leaf` has lost its connection; at most 12 000. */
async function lastWorkEnds(leaf: StubServer): Promise<number> {
  const startedAt = performance.now();
  const isOpen = (): boolean => leaf.received.some(({ socket }) => !socket.destroyed);
  while (isOpen() && performance.now() - startedAt < 12_000) await sleep(1);
  return performance.now() - startedAt;
}

async function until(isTrue: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 5_000;
  while (!isTrue()) {
    if (performance.now() > giveUpAt) throw new Error('It did not happen within five seconds');
    await sleep(2);
  }
}

/** Sends a request on a connection of its own; `hangUp` closes that. */
function send(
  url: string,
  { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): { answer: Promise<IncomingMessage | undefined>; hangUp: () => void } {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const method = body === undefined ? 'GET' : 'POST';
  const sent = openRequest(url, { agent: false, method, headers: { ...type, ...headers } });
  const answer = once(sent, 'response').then(
    ([response]) => (response as IncomingMessage).resume(),
    () => undefined,
  );
  sent.end(body);
  return { answer, hangUp: () => sent.destroy() };
}

for (const [version, create] of [
  ['Fastify 5', Fastify],
  ['Fastify 4', Fastify4],
] as const) {
  describe(`request context, ${version}`, () => {
    /** A service whose routes call another one in the way of their names. */
    async function startHop(
      baseUrl: string,
      options: Partial<ServiceClientOptions> = {},
      { timeout }: RequestContextOptions = {},
    ): Promise<Hop> {
      const app: FastifyInstance = create({ forceCloseConnections: true });
      const client = new ServiceClient({ baseUrl, retry: false, context: currentContext, ...options });
      await app.register(requestContext, timeout === undefined ? {} : { timeout });
      const call = async (): Promise<unknown> => (await client.get('/next')).data;
      app.get('/next', call);
      app.post('/next', call);
      app.get('/finish', { config: { mustFinish: true } }, call);
      app.get('/later', async () => {
        await sleep(60);
        return call();
      });
      app.get('/explicit', () => {
        const headers = { authorization: 'Bearer own', 'x-request-timeout-ms': '7' };
        return client.get('/next', { correlationId: 'own', headers, timeout: 5_000 });
      });
      app.get('/behind', (_request, reply) => {
        setTimeout(() => void call().catch(() => undefined), 30);
        return reply.send({});
      });
      app.get('/stream', (_request, reply) => {
        async function* chunks(): AsyncGenerator<string> {
          for (let index = 0; index < 8; index += 1) {
            const { data } = await client.get<{ correlation: string }>('/next');
            yield `${data.correlation}${' '.repeat(100_000)}`;
          }
        }
        return reply.send(Readable.from(chunks(), { highWaterMark: 1 }));
      });
      await app.listen({ port: 0, host: '127.0.0.1' });
      ends.push(async () => {
        await app.close();
        await client.close();
      });
      return { origin: `http://127.0.0.1:${String((app.server.address() as AddressInfo).port)}`, client };
    }

    /** Services in a row before `leaf`, the first one first. */
    async function startChain(leaf: StubServer, length: number): Promise<readonly [Hop, ...Hop[]]> {
      let first = await startHop(leaf.origin);
      const hops: [Hop, ...Hop[]] = [first];
      while (hops.length < length) {
        first = await startHop(first.origin);
        hops.unshift(first);
      }
      return hops;
    }

    const rounds = isDeep ? 300 : 25;
    it.each([
      ['hangs up', undefined, undefined],
      ['hangs up after a POST with a body', '{"a":1}', undefined],
      ['has set a deadline', undefined, '60'],
    ])(
      'leaves no work behind over five hops when the first caller %s',
      async (_what, body, deadline) => {
        const leaf = await startLeaf();
        const [first, ...others] = await startChain(leaf, 5);
        const lateMs: number[] = [];
        for (let round = 0; round < rounds; round += 1) {
          leaf.answer(silence);
          const startedAt = performance.now();
          const headers = deadline === undefined ? {} : { 'x-request-timeout-ms': deadline };
          const sent = send(`${first.origin}/next`, { headers, ...(body !== undefined && { body }) });
          let isAnswered = false;
          void sent.answer.then(() => {
            isAnswered = true;
          });
          // On a busy machine the time may be over before the request is at the leaf: nothing is left behind then.
          await until(() => leaf.received.length > 0 || isAnswered);
          if (deadline === undefined) sent.hangUp();
          const endedMs = await lastWorkEnds(leaf);
          lateMs.push(deadline === undefined ? endedMs : performance.now() - startedAt - Number(deadline));
          await sent.answer;
        }
        lateMs.sort((a, b) => a - b);
        expect(lateMs[Math.floor(rounds / 2)]).toBeLessThan(50);
        expect(lateMs.at(-1)).toBeLessThan(isDeep ? 500 : 2_000);
        for (const { client } of [first, ...others]) {
          const { failures, state } = client.getCircuitStats();
          expect([failures, state]).toEqual([0, 'CLOSED']);
        }
      },
      120_000,
    );

    it('opens no circuit for a stranger with deadlines of a few milliseconds', async () => {
      const leaf = await startLeaf();
      const hops = await startChain(leaf, 4);
      leaf.answer((response, request) => {
        setTimeout(json(200, {}), 45, response, request);
      });
      const strangers = Array.from({ length: isDeep ? 2_000 : 160 }, (_, index) => index);
      for (let at = 0; at < strangers.length; at += 20) {
        const calls = strangers.slice(at, at + 20).map(async (index) => {
          const headers = { 'x-request-timeout-ms': String(1 + (index % 40)) };
          await send(`${hops[0].origin}/next`, { headers }).answer;
        });
        await Promise.all(calls);
      }
      await sleep(100);
      for (const { client } of hops) {
        const { failures, state } = client.getCircuitStats();
        expect([failures, state]).toEqual([0, 'CLOSED']);
      }
      leaf.answer(json(200, {}));
      expect((await send(`${hops[0].origin}/next`).answer)?.statusCode).toBe(200);
    }, 60_000);

    it('closes the circuit again while strangers with short deadlines take the place of its probe', async () => {
      const leaf = await startLeaf();
      leaf.answer(json(500, {}));
      const circuitBreakerOptions = { failureThreshold: 1, timeout: 20 };
      const { client, origin } = await startHop(leaf.origin, { circuitBreakerOptions });
      await send(`${origin}/next`).answer;
      expect(client.getCircuitStats().state).not.toBe('CLOSED');
      leaf.answer((response, request) => {
        setTimeout(json(200, {}), 25, response, request);
      });
      const isClosed = (): boolean => client.getCircuitStats().state === 'CLOSED';
      const giveUpAt = performance.now() + 8_000;
      const ask = async (headers: Record<string, string>, pauseMs: number): Promise<void> => {
        while (!isClosed() && performance.now() < giveUpAt) {
          await send(`${origin}/next`, { headers }).answer;
          await sleep(pauseMs);
        }
      };
      const strangers = Array.from({ length: 8 }, () => ask({ 'x-request-timeout-ms': '10' }, 0));
      await Promise.all([...strangers, ask({}, 10)]);
      expect(isClosed()).toBe(true);
      expect(leaf.received.length).toBeGreaterThan(3);
    }, 20_000);

    it('still opens the circuit for timeouts that are its own', async () => {
      const leaf = await startLeaf();
      leaf.answer(silence);
      const circuitBreakerOptions = { failureThreshold: 2 };
      const { client, origin } = await startHop(leaf.origin, { timeout: 30, circuitBreakerOptions });
      for (let call = 0; call < 2; call += 1)
        await send(`${origin}/next`, { headers: { 'x-request-timeout-ms': '5000' } }).answer;
      expect(client.getCircuitStats().state).toBe('OPEN');
    });

    it.each(deadlines)('sends on what is left of %j: at most %i ms', async (headers, mostMs) => {
      const leaf = await startLeaf();
      leaf.answer(json(200, {}));
      const { origin } = await startHop(leaf.origin, {}, { timeout: 300 });
      await send(`${origin}/next`, { headers }).answer;
      const sent = Number(leaf.received.at(-1)?.headers['x-request-timeout-ms']);
      expect(sent).toBeLessThanOrEqual(mostMs);
      expect(sent).toBeGreaterThan(mostMs - 90);
    });

    it('takes off what hooks before it have taken, where the service logs', async () => {
      const leaf = await startLeaf();
      leaf.answer(json(200, {}));
      const client = new ServiceClient({ baseUrl: leaf.origin, context: currentContext });
      const app: FastifyInstance = create({ logger: { level: 'silent' } });
      ends.push(async () => {
        await app.close();
        await client.close();
      });
      app.addHook('onRequest', () => sleep(100));
      await app.register(requestContext);
      app.get('/', () => client.get('/').then(({ data }) => data));
      const origin = await app.listen({ port: 0, host: '127.0.0.1' });
      await send(origin, { headers: { 'x-request-timeout-ms': '2000' } }).answer;
      const leftMs = Number(leaf.received.at(-1)?.headers['x-request-timeout-ms']);
      expect(leftMs).toBeLessThanOrEqual(1_901);
      expect(leftMs).toBeGreaterThan(0);
    });

    it('does not make a call that nobody waits for any more', async () => {
      const leaf = await startLeaf();
      leaf.answer(json(200, {}));
      const { client, origin } = await startHop(leaf.origin);
      const sent = send(`${origin}/later`);
      await sleep(20);
      sent.hangUp();
      await send(`${origin}/later`, { headers: { 'x-request-timeout-ms': '20' } }).answer;
      await until(() => client.getCircuitStats().totalCalls === 2);
      expect(leaf.received.length).toBe(0);
      expect(client.getCircuitStats().failures).toBe(0);
    });

    it('finishes the calls of a route that must', async () => {
      const leaf = await startLeaf();
      leaf.answer((response, request) => {
        setTimeout(json(200, {}), 60, response, request);
      });
      const { client, origin } = await startHop(leaf.origin);
      const sent = send(`${origin}/finish`, { headers: { 'x-request-timeout-ms': '20' } });
      await until(() => leaf.received.length > 0);
      sent.hangUp();
      await until(() => client.getCircuitStats().successes === 1);
      expect(Number(leaf.received.at(-1)?.headers['x-request-timeout-ms'])).toBeGreaterThan(5_000);
    });

    it('goes on with calls when the answer has been written', async () => {
      const leaf = await startLeaf();
      leaf.answer(json(200, {}));
      const { client, origin } = await startHop(leaf.origin);
      const sent = send(`${origin}/behind`, { headers: { connection: 'close' } });
      await sent.answer;
      sent.hangUp();
      await until(() => client.getCircuitStats().successes === 1);
    });

    it.each([
      ['no token without forwardToken', false, 'Bearer abc.def', undefined],
      ['the token with forwardToken', true, 'Bearer abc.def', 'Bearer abc.def'],
      ['no other credentials', true, 'Basic YTpi', undefined],
      ['nothing that is no token', true, 'Bearer a b', undefined],
    ])('sends %s', async (_what, forwardToken, authorization, expected) => {
      const leaf = await startLeaf();
      leaf.answer(json(302, {}, { location: 'http://127.0.0.1:1/' }));
      const { origin } = await startHop(leaf.origin, { forwardToken });
      const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      const headers = { authorization, traceparent, 'x-correlation-id': 'request-1' };
      await send(`${origin}/next`, { headers }).answer;
      expect(leaf.received.at(-1)?.headers.authorization).toBe(expected);
      expect(leaf.received.at(-1)?.headers['x-correlation-id']).toBe('request-1');
      expect(leaf.received.at(-1)?.headers['traceparent']).toBe(traceparent);
    });

    it('lets the options of a call win', async () => {
      const leaf = await startLeaf();
      leaf.answer(json(200, {}));
      const { origin } = await startHop(leaf.origin, { forwardToken: true });
      await send(`${origin}/explicit`, { headers: { authorization: 'Bearer user' } }).answer;
      const { authorization, ...others } = leaf.received.at(-1)?.headers ?? {};
      const seen = [authorization, others['x-correlation-id'], others['x-request-timeout-ms']];
      expect(seen).toEqual(['Bearer own', 'own', '7']);
    });

    it('changes nothing outside of a request, also on a connection that had one', async () => {
      const app: FastifyInstance = create();
      ends.push(() => app.close());
      await app.register(async (inside) => {
        await inside.register(requestContext);
        inside.post('/inside', () => ({ has: currentContext() !== undefined }));
      });
      app.post('/outside', () => ({ has: currentContext() !== undefined }));
      await app.listen({ port: 0, host: '127.0.0.1' });
      const port = String((app.server.address() as AddressInfo).port);
      const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1 });
      const seen: unknown[] = [];
      for (const path of ['/inside', '/outside', '/inside', '/outside']) {
        const headers = { 'content-type': 'application/json' };
        const { body } = await pool.request({ path, method: 'POST', headers, body: '{}' });
        seen.push(((await body.json()) as { has: boolean }).has);
      }
      await pool.close();
      expect(seen).toEqual([true, false, true, false]);
    });

    it.each([0, -1, Number.NaN])('refuses a time of its own of %d ms', async (timeout) => {
      const app: FastifyInstance = create();
      await expect(app.register(requestContext, { timeout })).rejects.toThrow(RangeError);
      await app.close();
    });

    it('mixes up none of 200 requests at once, with bodies, streams and kept connections', async () => {
      const leaf = await startLeaf();
      leaf.answer((response, request) => {
        const { authorization: token, 'x-correlation-id': correlation } = request.headers;
        setTimeout(json(200, { token, correlation }), Math.random() * 3, response, request);
      });
      let { origin } = await startHop(leaf.origin, { forwardToken: true });
      for (let hop = 1; hop < (isDeep ? 5 : 2); hop += 1)
        origin = (await startHop(origin, { forwardToken: true })).origin;
      const pool = new Pool(origin, { connections: 60 });
      ends.push(() => pool.close());
      // A million take half an hour of CPU and more.
      const total = Number(process.env['S2S_REQUESTS'] ?? (isDeep ? 1_000_000 : 4_000));
      let next = 0;
      const mixed: string[] = [];
      const ask = async (index: number): Promise<void> => {
        const correlation = `request-${String(index)}`;
        const headers = { authorization: `Bearer token-${String(index)}`, 'x-correlation-id': correlation };
        const isStream = index % 50 === 0;
        const isPost = index % 2 === 1;
        const answer = await pool.request({
          path: isStream ? '/stream' : '/next',
          method: isPost ? 'POST' : 'GET',
          headers: { ...headers, ...(isPost && { 'content-type': 'application/json' }) },
          ...(isPost && { body: Readable.from(['{"a":', '1}']) }),
        });
        const text = await answer.body.text();
        const expected = isStream
          ? correlation.repeat(8)
          : JSON.stringify({ token: headers.authorization, correlation });
        if (text.replaceAll(' ', '') !== expected.replaceAll(' ', '')) mixed.push(text.slice(0, 200));
        if (leaf.received.length > 10_000) leaf.received.length = 0;
      };
      const lane = async (): Promise<void> => {
        while (next < total) await ask(next++);
      };
      await Promise.all(Array.from({ length: 200 }, lane));
      expect(mixed).toEqual([]);
    }, 7_200_000);
  });
}
