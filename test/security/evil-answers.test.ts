import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { sampled } from '../helpers/sampled.ts';
import { faults } from '../runtime/faults/answers.ts';
import type { ServiceClient, ServiceClientModule } from '../runtime/faults/client-module.ts';
import { type Misbehaviour, type RawServer, startRawServer } from '../runtime/faults/raw-server.ts';
import { coreVariant, renderVariant } from '../runtime/render-variant.ts';

/** Their kinds of error are all held by test/runtime/faults. */
const chosen = sampled(faults, Math.ceil(faults.length / 3));
const timeoutMs = 150;
/** A busy machine may be late by this much. */
const graceMs = 600;

describe.each(['undici', 'fetch'] as const)('C.12 and C.13 the client on %s', (transport) => {
  let module: ServiceClientModule;
  let server: RawServer | undefined;

  beforeAll(async () => {
    const folder = renderVariant(`evil-${transport}`, { ...coreVariant, transport });
    module = (await import(new URL('service-client.ts', folder).href)) as ServiceClientModule;
  });
  afterEach(() => server?.close());

  async function serve(misbehave: Misbehaviour): Promise<ServiceClient> {
    server = await startRawServer(misbehave);
    return connect(server);
  }

  function connect({ origin: baseUrl }: RawServer): ServiceClient {
    return new module.ServiceClient({ baseUrl, timeout: timeoutMs, maxResponseBytes: 2_000_000 });
  }

  /** Timers of calls; what undici and Node keep for themselves is not referenced. */
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

  it('meets at least 37 evil answers', () => {
    expect(faults.length).toBeGreaterThanOrEqual(37);
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
  });

  describe.each(chosen)('C.13 a server that $name', ({ serve }) => {
    it('is left within the deadline of the last call, whenever that is', async () => {
      const before = timers();
      await Promise.all(
        [0, 30, timeoutMs + 100].map(async (afterMs) => {
          const own = await startRawServer(serve);
          const client = connect(own);
          const calls = Promise.allSettled([client.post('/orders', { n: 1 }), client.get('/orders')]);
          const startedAt = performance.now();
          await sleep(afterMs);
          await client.close();
          expect(performance.now() - startedAt).toBeLessThan(Math.max(afterMs, timeoutMs) + graceMs);
          // All calls have been answered when it is closed, and none is let in after that.
          expect(await Promise.race([calls.then(() => 'ended'), sleep(0, 'pending')])).toBe('ended');
          await expect(client.get('/')).rejects.toMatchObject({ kind: 'network' });
          // With fetch, connections that ended well are the process's own and are kept for others.
          if (transport === 'undici') await expect.poll(() => own.openSockets()).toBe(0);
          await own.close();
        }),
      );
      await expect.poll(timers).toBeLessThanOrEqual(before);
    });
  });

  it.each(faults.filter(({ name }) => name.includes('nested') || name.includes('brackets')))(
    'C.12 does not parse the answer of a server that $name',
    async ({ serve: misbehave, outcome }) => {
      const client = await serve(misbehave);
      const parse = vi.spyOn(JSON, 'parse');
      try {
        await expect(client.post('/orders', {})).rejects.toMatchObject(outcome);
        // What Node parses for itself is short.
        expect(parse.mock.calls.filter(([text]) => text.length > 1_000)).toEqual([]);
      } finally {
        parse.mockRestore();
        await client.close();
      }
    },
  );

  it('C.12 reads brackets in texts, and a long list, as they are', async () => {
    const list = Array.from({ length: 20_000 }, (_, id) => ({ id, name: '[{"[' }));
    const client = await serve(({ socket }) => {
      const body = JSON.stringify(list);
      const head = `content-type: application/json\r\ncontent-length: ${String(body.length)}`;
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`);
    });
    expect((await client.get('/orders', { timeout: 5_000 })).data).toEqual(list);
    await client.close();
  });

  it('C.13 lets a call that is about to be repeated end before it closes', async () => {
    let requests = 0;
    const client = await serve(({ socket }) => {
      requests += 1;
      const head = 'content-type: application/json\r\ncontent-length: 2\r\nretry-after: 1';
      socket.write(`HTTP/1.1 ${requests === 1 ? '503 Busy' : '200 OK'}\r\n${head}\r\n\r\n{}`);
    });
    const call = client.get('/orders', { timeout: 5_000 });
    await expect.poll(() => requests).toBe(1);
    await client.close();
    expect((await call).status).toBe(200);
    expect(requests).toBe(2);
  });
});
