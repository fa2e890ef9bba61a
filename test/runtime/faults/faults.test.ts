import { once } from 'node:events';
import { createServer } from 'node:net';
import { performance } from 'node:perf_hooks';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { coreVariant, renderVariant } from '../render-variant.ts';
import { faults, type Outcome } from './answers.ts';
import type { ServiceClient, ServiceClientModule } from './client-module.ts';
import { answer, type Misbehaviour, type RawServer, startRawServer } from './raw-server.ts';

const timeoutMs = 400;
/** A busy machine may be late by this much. */
const graceMs = 600;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => {
  unhandled.push(reason);
};

beforeAll(() => {
  process.on('unhandledRejection', onUnhandled);
});
afterAll(() => {
  process.off('unhandledRejection', onUnhandled);
});

describe.each(['undici', 'fetch'] as const)('the client on %s', (transport) => {
  let module: ServiceClientModule;
  let server: RawServer | undefined;
  let client: ServiceClient | undefined;

  beforeAll(async () => {
    const folder = renderVariant(`faults-${transport}`, { ...coreVariant, transport });
    module = (await import(new URL('service-client.ts', folder).href)) as ServiceClientModule;
  });
  afterEach(async () => {
    await client?.close();
    await server?.close();
    expect(unhandled.splice(0)).toEqual([]);
  });

  function connect(baseUrl: string, options: object = {}): ServiceClient {
    client = new module.ServiceClient({
      baseUrl,
      timeout: timeoutMs,
      maxResponseBytes: 2_000_000,
      ...options,
    });
    return client;
  }

  async function serve(misbehave: Misbehaviour): Promise<ServiceClient> {
    server = await startRawServer(misbehave);
    return connect(server.origin);
  }

  async function outcomeOf(call: Promise<{ readonly data: unknown }>): Promise<Outcome> {
    try {
      return { data: (await call).data };
    } catch (error) {
      if (!(error instanceof module.ServiceClientError)) throw error;
      return error.status === undefined ? { kind: error.kind } : { kind: error.kind, status: error.status };
    }
  }

  describe.each(faults)('a server that $name', ({ serve: misbehave, outcome, breaker, fetchBreaker }) => {
    it('gives the kind of error, in time, to the breaker and sends a POST once', async () => {
      const called = await serve(misbehave);
      const startedAt = performance.now();
      const seen = await outcomeOf(called.post('/orders', { n: 1 }));
      expect(performance.now() - startedAt).toBeLessThan(timeoutMs + graceMs);
      expect(seen).toMatchObject(outcome);
      const { failures, successes } = called.getCircuitStats();
      const counted = (transport === 'fetch' ? fetchBreaker : undefined) ?? breaker;
      expect({ failures, successes }).toEqual(
        counted === 'failure' ? { failures: 1, successes: 0 } : { failures: 0, successes: 1 },
      );
      expect(server?.heads).toHaveLength(1);
    });
  });

  it('says network for a port that nobody listens on', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as { port: number };
    free.close();
    await once(free, 'close');
    const called = connect(`http://127.0.0.1:${String(port)}`, { retry: false });
    expect(await outcomeOf(called.get('/'))).toEqual({ kind: 'network' });
    expect(called.getCircuitStats().failures).toBe(1);
  });

  it('says network for a name that nobody has', async () => {
    const called = connect('http://nobody.invalid', { retry: false, timeout: 5_000 });
    expect(await outcomeOf(called.get('/'))).toEqual({ kind: 'network' });
  });

  it('says network for TLS to a server that speaks none', async () => {
    server = await startRawServer(
      () => undefined,
      (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    const called = connect(`https://127.0.0.1:${String(server.port)}`, { retry: false, timeout: 5_000 });
    expect(await outcomeOf(called.get('/'))).toEqual({ kind: 'network' });
  });

  it('goes on over a new connection when the kept one was closed between calls', async () => {
    const called = await serve((request) => {
      answer(request, 200);
      request.socket.end();
    });
    for (let call = 0; call < 5; call += 1) {
      expect(await outcomeOf(called.post('/orders', {}))).toEqual({ data: { ok: true } });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(server?.heads).toHaveLength(5);
  });

  it('repeats a GET, and never a POST, that met a connection on its way out', async () => {
    const called = await serve((request) => {
      if (request.index % 2 === 0) request.socket.destroy();
      else answer(request, 200);
    });
    expect(await outcomeOf(called.get('/orders'))).toEqual({ data: { ok: true } });
    expect(await outcomeOf(called.post('/orders', {}))).toEqual({ kind: 'network' });
    expect(server?.heads.map((head) => head.split(' ', 1)[0])).toEqual(['GET', 'GET', 'POST']);
  });

  it.each(['before', 'during the headers', 'during the body'])(
    'is aborted %s without a trace',
    async (when) => {
      const called = await serve(({ socket }) => {
        if (when === 'during the body')
          socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{');
      });
      const controller = new AbortController();
      if (when === 'before') controller.abort();
      else
        setTimeout(() => {
          controller.abort();
        }, 50);
      expect(await outcomeOf(called.get('/slow', { signal: controller.signal }))).toEqual({
        kind: 'aborted',
      });
      const { failures, successes, state } = called.getCircuitStats();
      expect({ failures, successes, state }).toEqual({ failures: 0, successes: 0, state: 'CLOSED' });
      await expect.poll(() => server?.openSockets()).toBe(0);
    },
  );

  it.each([
    '//evil.test/x',
    'http://evil.test/x',
    '/../x',
    '/a/%2e%2e/x',
    '/a\\..\\x',
    '/a b',
    '/a\r\nx: y',
    '/a#b',
    'a',
  ])('sends nothing to %j', async (path) => {
    const called = await serve((request) => {
      answer(request, 200);
    });
    await expect(called.get(path)).rejects.toBeInstanceOf(TypeError);
    expect(server?.heads).toHaveLength(0);
  });

  it('replaces a correlation ID that would break the headers', async () => {
    const called = await serve((request) => {
      answer(request, 200);
    });
    await called.get('/', { correlationId: 'a\r\nx-admin: yes' });
    expect(server?.heads[0]).toMatch(/x-correlation-id: [0-9a-f-]{36}\r\n/u);
    expect(server?.heads[0]).not.toContain('x-admin');
  });

  it('closes the socket of a call that ran out of time, and no other', async () => {
    const called = await serve((request) => {
      if (request.head.includes('/slow')) return;
      setTimeout(() => {
        answer(request, 200);
      }, 100);
    });
    const slow = outcomeOf(called.get('/slow', { timeout: 50 }));
    const other = outcomeOf(called.get('/other'));
    expect(await slow).toEqual({ kind: 'timeout' });
    await expect.poll(() => server?.openSockets()).toBe(1);
    expect(await other).toEqual({ data: { ok: true } });
  });
});
