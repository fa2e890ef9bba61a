import { setTimeout as sleep } from 'node:timers/promises';

import fastifyRateLimit from '@fastify/rate-limit';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { type BucketModule, loadBuckets, type TokenBuckets } from './bucket-module.ts';

/** Coarse enough that what happens within one test step does not refill a bucket. */
const tenInTenSeconds = { max: 10, timeWindow: 10_000 };
let server: RedisServer;
let admin: Redis;
const clients: { close: () => unknown }[] = [];

beforeAll(async () => {
  server = await startRedis();
  admin = new Redis(server.url);
});

afterAll(async () => {
  for (const client of clients) await client.close();
  admin.disconnect();
  await server.stop();
});

beforeEach(async () => {
  await admin.flushall();
});

/** One connection of its own, as each instance of a service has. */
async function connect(library: 'ioredis' | 'redis', module: BucketModule): Promise<TokenBuckets> {
  if (library === 'ioredis') {
    const client = new Redis(server.url);
    clients.push({
      close: () => {
        client.disconnect();
      },
    });
    return module.createRedisBuckets(client, 'limit:');
  }
  const client = createClient({ url: server.url });
  await client.connect();
  clients.push({
    close: () => {
      client.destroy();
    },
  });
  return module.createRedisBuckets(client, 'limit:');
}

async function granted(ask: () => Promise<boolean>, times: number): Promise<number> {
  const answers = await Promise.all(Array.from({ length: times }, ask));
  return answers.filter(Boolean).length;
}

describe.each(['ioredis', 'redis'] as const)('token buckets on a real Redis and %s', (library) => {
  let instances: TokenBuckets[] = [];

  beforeAll(async () => {
    const module = await loadBuckets(library);
    instances = await Promise.all([1, 2, 3].map(() => connect(library, module)));
  });

  const give = async (instance: number): Promise<void> => {
    await instances[instance % 3]?.give('ada', tenInTenSeconds);
  };
  const take = async (instance: number, key = 'ada', quota = tenInTenSeconds): Promise<boolean> =>
    (await instances[instance % 3]?.take(key, quota))?.retryAfterMs === 0;

  it('are shared: of what three instances ask for at once, exactly the bucket is given', async () => {
    let next = 0;
    expect(await granted(() => take((next += 1)), 300)).toBe(10);
  });

  it('say the same as buckets in memory', async () => {
    const { createMemoryBuckets } = await loadBuckets(library);
    const memory = createMemoryBuckets();
    for (let request = 0; request < 15; request += 1) {
      const [shared, own] = [
        await instances[request % 3]?.take('ada', tenInTenSeconds),
        await memory.take('ada', tenInTenSeconds),
      ];
      expect(shared?.remaining).toBe(own.remaining);
      // Milliseconds pass between the two.
      expect(Math.abs((shared?.resetMs ?? NaN) - own.resetMs)).toBeLessThan(100);
      expect(Math.abs((shared?.retryAfterMs ?? NaN) - own.retryAfterMs)).toBeLessThan(100);
    }
  });

  it('fill up as time passes, and leave nothing behind when they are full', async () => {
    const fast = { max: 20, timeWindow: 1_000 };
    const drain = (): Promise<number> => granted(() => take(0, 'ada', fast), 60);
    expect(await drain()).toBeGreaterThanOrEqual(20);
    const startedAt = performance.now();
    await sleep(500);
    const refilled = await drain();
    const came = (performance.now() - startedAt) / 50;
    expect(refilled).toBeGreaterThanOrEqual(9);
    expect(refilled).toBeLessThanOrEqual(came + 1);

    await sleep(1_050);
    expect(await admin.keys('*')).toEqual([]);
  });

  it('13a take back what was not used, in one step and never more than they hold', async () => {
    expect(await granted(() => take(0), 10)).toBe(10);
    await Promise.all([0, 1, 2].map(give));
    expect(await granted(() => take(1), 30)).toBe(3);
    await Promise.all(Array.from({ length: 30 }, () => give(0)));
    expect(await granted(() => take(2), 30)).toBe(10);
  });

  it('survive that Redis forgets the script', async () => {
    await take(0);
    await admin.script('FLUSH');

    expect(await take(0)).toBe(true);
  });
});

/**
 * What the libraries do on Redis is a fixed window: after its edge, everything is there at once again. This is why the
 * bucket is a script of its own.
 */
describe('beside what the libraries do on Redis', () => {
  const quota = { max: 20, timeWindow: 4_000 };

  /** How many are let through just before the edge of a window and just after it. */
  async function aroundTheEdge(ask: () => Promise<boolean>): Promise<number> {
    const startedAt = performance.now();
    expect(await ask()).toBe(true);
    await sleep(3_300 - (performance.now() - startedAt));
    const before = await granted(ask, 60);
    await sleep(4_050 - (performance.now() - startedAt));
    return before + (await granted(ask, 60));
  }

  it('a burst gets the same, and around the edge of a window they let through twice as much', async () => {
    const ours = await connect('ioredis', await loadBuckets('ioredis'));
    const flexible = new RateLimiterRedis({ storeClient: admin, points: 20, duration: 4 });
    const app = Fastify();
    clients.push(app);
    await app.register(fastifyRateLimit, { redis: admin, ...quota });
    app.get('/', () => ({}));

    const asks: Record<string, (key: string) => Promise<boolean>> = {
      ours: async (key) => (await ours.take(key, quota)).retryAfterMs === 0,
      'rate-limiter-flexible': (key) =>
        flexible.consume(key).then(
          () => true,
          () => false,
        ),
      '@fastify/rate-limit': async (key) => {
        const remoteAddress = key === 'burst' ? '10.0.0.1' : '10.0.0.2';
        return (await app.inject({ url: '/', remoteAddress })).statusCode === 200;
      },
    };
    const found: Record<string, readonly [number, number]> = {};
    await Promise.all(
      Object.entries(asks).map(async ([name, ask]) => {
        const burst = await granted(() => ask('burst'), 60);
        found[name] = [burst, await aroundTheEdge(() => ask('edge'))];
      }),
    );
    const [burst = 0, edge = 0] = found['ours'] ?? [];
    // One more may come while the burst is under way.
    expect(burst).toBeGreaterThanOrEqual(20);
    expect(burst).toBeLessThanOrEqual(22);
    expect(edge).toBeLessThanOrEqual(20 + 6);
    for (const name of ['rate-limiter-flexible', '@fastify/rate-limit']) {
      expect(found[name]?.[0]).toBe(20);
      expect(found[name]?.[1]).toBe(39);
    }
  });
});
