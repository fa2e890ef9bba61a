import { readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';

import { GeneratedRepo } from '../helpers/generated-repo.ts';
import type { TokenBuckets } from '../production/bucket-module.ts';
import { copyOnFastify4, type FireModules, generateFire, loadFire } from './fire-services.ts';

const secret = 'the-secret-of-the-services';
/** Small enough to be used up, and slow enough that nothing comes while a test runs. */
const refusalQuota = { max: 20, timeWindow: 600_000 };
const plenty = { max: 1_000_000, timeWindow: 1_000 };
const consumerAt = '127.0.0.9';

const worlds = { 'Fastify 5': 'security-fire', 'Fastify 4': 'security-fire-4' } as const;
const stores = ['memory', 'redis'] as const;
const products = (Object.keys(worlds) as (keyof typeof worlds)[]).flatMap((world) =>
  stores.map((store) => ({ world, store })),
);

const modules: Record<string, FireModules> = {};
let redis: Redis;
const apps: FastifyInstance[] = [];
const agents: Agent[] = [];
let prefixes = 0;

beforeAll(async () => {
  const root = await generateFire(worlds['Fastify 5']);
  modules['Fastify 5'] = await loadFire(root);
  modules['Fastify 4'] = await loadFire(copyOnFastify4(root));
  redis = new Redis(inject('redisUrl'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await Promise.all(agents.splice(0).map((agent) => agent.destroy()));
});

afterAll(() => {
  redis.disconnect();
  for (const { root } of Object.values(modules)) rmSync(root, { recursive: true, force: true });
});

function modulesOn(world: keyof typeof worlds): FireModules {
  const found = modules[world];
  if (found === undefined) throw new Error(`${world} is not generated yet`);
  return found;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: unknown;
}

/** One auth service, a consumer of it, and everybody who wants something of them. */
class Stage {
  readonly own: FireModules;
  readonly #store: (typeof stores)[number];
  readonly #prefix: string;
  auth!: FastifyInstance;
  origin = '';
  consumer!: FastifyInstance;
  /** Statuses of the verify route, as they were sent. */
  readonly verified: number[] = [];
  good = '';

  constructor({ world, store }: (typeof products)[number]) {
    this.own = modulesOn(world);
    this.#store = store;
    this.#prefix = `fire:${String(process.pid)}:${String((prefixes += 1))}:`;
  }

  buckets(name: string): TokenBuckets {
    if (this.#store === 'memory') return this.own.createMemoryBuckets();
    return this.own.createRedisBuckets(redis, `${this.#prefix}${name}:`);
  }

  keys(): Promise<string[]> {
    return redis.keys(`${this.#prefix}*`);
  }

  /** `SERVICE_AUTH_SECRET` of the auth service; '' for none. */
  async startAuth(serviceSecret = secret): Promise<this> {
    vi.stubEnv('SERVICE_AUTH_SECRET', serviceSecret);
    const app = this.own.Fastify();
    apps.push(app);
    app.addHook('onResponse', (request, reply, done) => {
      if (request.url === '/auth/verify') this.verified.push(reply.statusCode);
      done();
    });
    await app.register(this.own.authLimit, { refusalQuota, quota: plenty, buckets: this.buckets('auth') });
    await app.register(this.own.jwt);
    await app.register(this.own.authVerify);
    await app.listen({ port: 0, host: '127.0.0.1' });
    this.auth = app;
    this.origin = `http://127.0.0.1:${String((app.server.address() as AddressInfo).port)}`;
    const { jwt } = app as unknown as { jwt: { sign(claims: object): string } };
    this.good = jwt.sign({ sub: 'usr_ada', email: 'ada@acme.test', tenantId: 'acme' });
    return this;
  }

  bad(index: number): string {
    return `${this.good.slice(0, -12)}${String(index).padStart(12, 'A')}`;
  }

  another(index: number): string {
    const { jwt } = this.auth as unknown as { jwt: { sign(claims: object): string } };
    return jwt.sign({ sub: `usr_${String(index)}`, email: 'x@acme.test', tenantId: 'acme' });
  }

  async startConsumer(
    options: { limit?: object; serviceSecret?: string; server?: object; buckets?: TokenBuckets } = {},
  ): Promise<FastifyInstance> {
    const app = this.own.Fastify(options.server ?? {});
    apps.push(app);
    if (options.limit !== undefined) {
      const buckets = options.buckets ?? this.buckets('user');
      await app.register(this.own.userLimit, { refusalQuota, quota: plenty, buckets, ...options.limit });
    }
    await app.register(this.own.authMiddleware, {
      baseUrl: this.origin,
      serviceSecret: options.serviceSecret ?? secret,
      publicRoutes: ['GET /open'],
      retry: false,
      timeout: 20_000,
    });
    app.get('/me', () => ({}));
    app.get('/open', () => ({}));
    this.consumer = app;
    return app;
  }

  /** A user of the consumer. */
  async ask(token: string, remoteAddress = '192.0.2.1', more: object = {}): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}`, ...more };
    const { statusCode, headers: own } = await this.consumer.inject({ url: '/me', remoteAddress, headers });
    return { status: statusCode, retryAfter: own['retry-after'] };
  }

  /** Who asks the verify route itself, from an address of its own. */
  async verify(token: string, localAddress: string, headers: Record<string, string> = {}): Promise<Answer> {
    const agent = new Agent({ localAddress });
    agents.push(agent);
    const answer = await request(`${this.origin}/auth/verify`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ token }),
    });
    await answer.body.dump();
    return { status: answer.statusCode, retryAfter: answer.headers['retry-after'] };
  }
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const all = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(times(count, make));
const count = (answers: readonly { status: number }[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

describe.each(products)('C.10 a consumer is no scapegoat, $world, $store', (product) => {
  it('a stranger behind it is stopped, and its other users are not', async () => {
    const stage = await new Stage(product).startAuth();
    await stage.startConsumer();
    const strangers = await all(100, (index) => stage.ask(stage.bad(index), '192.0.2.66'));

    expect(count(strangers, 401)).toBe(20);
    expect(count(strangers, 503)).toBe(80);
    expect((await stage.ask(stage.good, '192.0.2.66')).status).toBe(503);
    expect((await stage.ask(stage.good)).status).toBe(200);
  });

  it('a hundred strangers at a hundred addresses change nothing for its users', async () => {
    const stage = await new Stage(product).startAuth();
    await stage.startConsumer();
    const mixed = await all(400, (index) => {
      if (index % 2 === 0) return stage.ask(stage.another(index), `192.0.2.${String(index % 50)}`);
      return stage.ask(stage.bad(index), `198.51.100.${String(index % 100)}`);
    });
    const good = mixed.filter((_, index) => index % 2 === 0);
    expect(count(good, 200)).toBe(200);
  });

  it('a consumer that tells no address is never turned away', async () => {
    const stage = await new Stage(product).startAuth();
    const asService = { 'x-service-secret': secret };
    const answers = await all(100, (index) => stage.verify(stage.bad(index), consumerAt, asService));
    expect(count(answers, 401)).toBe(100);
    expect((await stage.verify(stage.good, consumerAt, asService)).status).toBe(200);
  });

  it('a stranger at its very address who guesses the secret is stopped, and it is not', async () => {
    const stage = await new Stage(product).startAuth();
    await stage.startConsumer();
    const guesses = await all(60, (index) =>
      stage.verify(stage.bad(index), '127.0.0.1', { 'x-service-secret': `guess-${String(index)}` }),
    );
    expect([count(guesses, 403), count(guesses, 429)]).toEqual([20, 40]);
    expect(Number(guesses.find(({ status }) => status === 429)?.retryAfter)).toBeGreaterThan(0);

    expect((await stage.ask(stage.good)).status).toBe(200);
  });

  it('no stranger can put the blame on an address of his choice', async () => {
    const stage = await new Stage(product).startAuth();
    await stage.startConsumer();
    const spoofed = await all(60, (index) =>
      stage.verify(stage.bad(index), '127.0.0.8', {
        'x-client-address': '192.0.2.1',
        'x-forwarded-for': '192.0.2.1',
        ...(index % 2 === 0 && { 'x-service-secret': 'guess' }),
      }),
    );
    // His own address is what counts, however many he tells.
    expect([count(spoofed, 403), count(spoofed, 429)]).toEqual([20, 40]);
    expect((await stage.ask(stage.good, '192.0.2.1')).status).toBe(200);
  });

  it('no user of a consumer gets another address by headers', async () => {
    const stage = await new Stage(product).startAuth();
    await stage.startConsumer();
    const rotated = await all(60, (index) => {
      const address = `203.0.113.${String(index)}`;
      const headers = {
        'x-client-address': address,
        'x-forwarded-for': address,
        forwarded: `for=${address}`,
      };
      return stage.ask(stage.bad(index), '192.0.2.66', headers);
    });
    expect(count(rotated, 401)).toBe(20);
    expect((await stage.ask(stage.good, '203.0.113.7')).status).toBe(200);
  });

  it('what a service tells that is no address counts for nobody, and is kept nowhere', async () => {
    const stage = await new Stage(product).startAuth();
    const told = [
      '192.0.2.1, 192.0.2.2',
      'a'.repeat(8_192),
      '192.0.2.1:8080',
      '[2001:db8::1]',
      '999.0.0.1',
      '1',
      'unknown',
      '127.0.0.1|refusals',
    ];
    for (const address of told) {
      const asService = { 'x-service-secret': secret, 'x-client-address': address };
      const answers = await all(25, (index) => stage.verify(stage.bad(index), consumerAt, asService));
      expect(count(answers, 401), address.slice(0, 40)).toBe(25);
    }
    for (const key of await stage.keys()) expect(key).not.toMatch(/aaaa|unknown|999/);
  });

  it('a network of IPv6 is one end user, in whatever spelling', async () => {
    const stage = await new Stage(product).startAuth();
    const spellings = (index: number): string => {
      const host = index.toString(16);
      return (
        [
          `2001:db8:0:1::${host}`,
          `2001:0DB8:0000:0001:9:9:9:${host}`,
          `2001:db8:0:1::1:0:${host}`,
          `2001:db8:0:1:0:0:0:${host}%eth${host}`,
        ][index % 4] ?? ''
      );
    };
    const asService = (address: string) => ({ 'x-service-secret': secret, 'x-client-address': address });
    const answers = await all(60, (index) =>
      stage.verify(stage.bad(index), consumerAt, asService(spellings(index))),
    );
    expect([count(answers, 401), count(answers, 429)]).toEqual([20, 40]);
    const next = await stage.verify(stage.good, consumerAt, asService('2001:db8:0:2::1'));
    expect(next.status).toBe(200);
    // An IPv4 address is one in any of its spellings, and not the whole of IPv4 in IPv6.
    const old = ['192.0.2.5', '::ffff:192.0.2.5', '::ffff:c000:205', '0:0:0:0:0:FFFF:192.0.2.5'];
    const mapped = await all(60, (index) =>
      stage.verify(stage.bad(index), consumerAt, asService(old[index % 4] ?? '')),
    );
    expect(count(mapped, 401)).toBe(20);
    expect((await stage.verify(stage.good, consumerAt, asService('::ffff:192.0.2.6'))).status).toBe(200);
  });

  it('without a secret nobody is turned away for bad tokens there, and no report is believed', async () => {
    const stage = await new Stage(product).startAuth('');
    await stage.startConsumer({ serviceSecret: '' });
    const told = { 'x-client-address': '192.0.2.1' };
    const strangers = [
      ...(await all(100, (index) => stage.ask(stage.bad(index), '192.0.2.66'))),
      ...(await all(100, (index) => stage.verify(stage.bad(index), '127.0.0.1', told))),
    ];
    expect(count(strangers, 401)).toBe(200);
    expect((await stage.ask(stage.good)).status).toBe(200);
    expect((await stage.ask(stage.good, '192.0.2.66')).status).toBe(200);
  });
});

describe.each(products)('13a bad tokens at once, $world, $store', (product) => {
  it('of 2,000 from one address no more are asked about than the bucket holds', async () => {
    const stage = await new Stage(product).startAuth();
    await stage.startConsumer({ limit: {} });
    const answers = await all(2_000, (index) => stage.ask(stage.bad(index), '192.0.2.66'));

    expect([count(answers, 401), count(answers, 429)]).toEqual([20, 1_980]);
    expect(stage.verified.length).toBe(20);
    const late = await stage.ask(stage.good, '192.0.2.66');
    expect([late.status, Number(late.retryAfter) > 0]).toEqual([429, true]);
    expect((await stage.ask(stage.good)).status).toBe(200);
  });

  it('of 300 good ones from one address all are let in', async () => {
    const stage = await new Stage(product).startAuth();
    await stage.startConsumer({ limit: {} });
    const answers = await all(300, (index) => stage.ask(stage.another(index)));
    expect(count(answers, 200)).toBe(300);
    // And they have left nothing taken.
    const bad = await all(20, (index) => stage.ask(stage.bad(index)));
    expect(count(bad, 401)).toBe(20);
  });

  it('a token that nobody is asked about costs nothing', async () => {
    const stage = await new Stage(product).startAuth();
    const consumer = await stage.startConsumer({ limit: {} });
    const headers = { authorization: 'Bearer a.b.c' };
    await all(60, () => consumer.inject({ url: '/open', remoteAddress: '192.0.2.1', headers }));
    expect((await stage.ask(stage.good)).status).toBe(200);
  });

  it('who has no token to show is not turned away with those who have', async () => {
    const stage = await new Stage(product).startAuth();
    const consumer = await stage.startConsumer({ limit: {} });
    await all(60, (index) => stage.ask(stage.bad(index)));
    const { statusCode } = await consumer.inject({ url: '/open', remoteAddress: '192.0.2.1' });
    expect(statusCode).toBe(200);
  });

  it('an auth service that cannot tell costs nobody his tokens', async () => {
    const stage = await new Stage(product).startAuth();
    await stage.startConsumer({ limit: {} });
    await stage.auth.close();
    const answers = await all(60, (index) => stage.ask(stage.bad(index)));
    expect(count(answers, 503)).toBe(60);
    expect(count(await all(60, (index) => stage.ask(stage.bad(index))), 429)).toBe(0);
  });

  it('what a proxy tells that is no address is not what counts', async () => {
    const stage = await new Stage(product).startAuth();
    await stage.startConsumer({ limit: {}, server: { trustProxy: true } });
    const answers = await all(60, (index) =>
      stage.ask(stage.bad(index), '192.0.2.66', {
        'x-forwarded-for': `${'z'.repeat(4_000)}${String(index)}`,
      }),
    );
    expect([count(answers, 401), count(answers, 429)]).toEqual([20, 40]);
    for (const key of await stage.keys()) expect(key).not.toMatch(/zzzz/);
  });
});

describe.each(Object.keys(worlds) as (keyof typeof worlds)[])(
  '13a three instances and one Redis, %s',
  (world) => {
    it('look at no more of 1,000 bad tokens than one bucket holds', async () => {
      const stage = await new Stage({ world, store: 'redis' }).startAuth();
      const buckets = stage.buckets('shared');
      const consumers: FastifyInstance[] = [];
      for (let index = 0; index < 3; index += 1)
        consumers.push(await stage.startConsumer({ limit: {}, buckets }));
      const answers = await all(999, async (index) => {
        const headers = { authorization: `Bearer ${stage.bad(index)}` };
        const answer = await consumers[index % 3]?.inject({
          url: '/me',
          remoteAddress: '192.0.2.66',
          headers,
        });
        return { status: answer?.statusCode ?? 0 };
      });
      expect([count(answers, 401), count(answers, 429)]).toEqual([20, 979]);
      expect(stage.verified.length).toBe(20);
    });
  },
);

describe('C.12 what the limit keeps in mind is bounded', () => {
  it('however many addresses one consumer tells', async () => {
    const { RefusalLimit, createMemoryBuckets } = modulesOn('Fastify 5');
    const limit = new RefusalLimit(createMemoryBuckets(), { max: 1, timeWindow: 600_000 });
    const send = async (caller: string): Promise<boolean> => {
      const admission = await limit.admit(caller);
      if (typeof admission === 'number') return false;
      admission.settle('bad');
      return true;
    };
    expect([await send('first'), await send('first')]).toEqual([true, false]);
    const callers = process.env['S2S_DEEP'] === '1' ? 1_000_000 : 30_000;
    for (let caller = 0; caller < callers; caller += 1) await send(String(caller));
    // Neither the caller nor its bucket is known any more.
    expect(await send('first')).toBe(true);
    expect(await send(String(callers - 1))).toBe(false);
  });

  it('however many requests wait for a verdict, and for however long', async () => {
    vi.useFakeTimers();
    try {
      const { RefusalLimit, createMemoryBuckets } = modulesOn('Fastify 5');
      const limit = new RefusalLimit(createMemoryBuckets(), { max: 1, timeWindow: 600_000 });
      await limit.admit('eve');
      const waiting = times(5_000, () => limit.admit('eve').catch(() => 'nobody could tell'));
      await vi.advanceTimersByTimeAsync(4_000);
      const settled = await Promise.all(
        waiting.map((one) => Promise.race([one, Promise.resolve('waiting')])),
      );
      expect(settled.filter((one) => one === 'waiting').length).toBe(1_000);
      expect(settled.filter((one) => one === 600_000).length).toBe(4_000);
      await vi.advanceTimersByTimeAsync(2_000);
      expect((await Promise.all(waiting)).filter((one) => one === 'nobody could tell').length).toBe(1_000);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('9c keys in Redis', () => {
  it('carry product and service, and the tenant beside the user', () => {
    const { root } = modulesOn('Fastify 5');
    for (const service of ['auth-service', 'user-service']) {
      const text = readFileSync(join(root, 'services', service, 'src/utils/shared-buckets.ts'), 'utf8');
      expect(text).toContain(`createRedisBuckets(client, 'rate-limit:acme/${service}:')`);
    }
    const consumer = readFileSync(join(root, 'services/user-service/src/utils/request-limit.ts'), 'utf8');
    expect(consumer).toContain('JSON.stringify([tenantId ?? null, userId])');
  });

  it('of users of one ID in two tenants are two', async () => {
    for (const store of stores) {
      const stage = await new Stage({ world: 'Fastify 5', store }).startAuth();
      await stage.startConsumer({ limit: { quota: { max: 1, timeWindow: 600_000 } } });
      const { jwt } = stage.auth as unknown as { jwt: { sign(claims: object): string } };
      const of = (tenantId: string, sub: string): string => jwt.sign({ sub, tenantId, email: 'x@y.z' });
      expect((await stage.ask(of('a', 'usr_1'))).status).toBe(200);
      expect((await stage.ask(of('a', 'usr_1'))).status).toBe(429);
      for (const [tenantId, sub] of [
        ['b', 'usr_1'],
        ['a|usr_1', 'x'],
        ['a', 'usr_1|x'],
        ['a","usr_1', 'y'],
      ] as const)
        expect((await stage.ask(of(tenantId, sub))).status, `${tenantId} ${sub}`).toBe(200);
    }
  });

  it('begin with names that stay text in the code', async () => {
    const repo = new GeneratedRepo('security-fire-names');
    try {
      const evil = `x'+(globalThis.pwned=1)+'`;
      for (const path of ['package.json', 'services/auth-service/package.json'])
        repo.edit(path, (text) => text.replace(/"name": ".*?"/, `"name": ${JSON.stringify(evil)}`));
      const planned = await repo.plan('add-s2s-rate-limit --target services/auth-service --store redis');
      const edits = planned.ok ? planned.edits : [];
      const edit = edits.find(({ path }) => path.endsWith('utils/shared-buckets.ts'));
      expect(edit?.kind === 'create' ? edit.text : '').toContain(`'rate-limit:x-globalThis.pwned-1-:'`);
    } finally {
      repo.close();
    }
  });
});
