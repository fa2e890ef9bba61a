import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { FAIL_FAST } from '../../templates/_shared/redis-lifecycle.ioredis.ts';
import { createRedisStore as createIoredisStore } from '../../templates/add-auth-verify/redis-blacklist-store.ioredis.ts';
import { createRedisStore as createNodeRedisStore } from '../../templates/add-auth-verify/redis-blacklist-store.node-redis.ts';
import type { BlacklistStore } from '../../templates/add-auth-verify/token-blacklist.ts';
import { type BootedService, bootService } from '../helpers/boot-service.ts';
import { fixtures } from '../helpers/fixtures.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { runCommand } from '../helpers/run-command.ts';
import type { ServiceClient, ServiceClientModule } from '../runtime/faults/client-module.ts';
import { coreVariant, renderVariant } from '../runtime/render-variant.ts';

const stores = { ioredis: createIoredisStore, redis: createNodeRedisStore };

/** The event loop of this process stands still, as it does where the CPU is taken by others. */
function standStill(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe.each(['ioredis', 'redis'] as const)('C.11 the denylist on %s', (library) => {
  let redis: RedisServer;
  let store: BlacklistStore;
  let disconnect: () => void;

  beforeAll(async () => {
    redis = await startRedis();
    if (library === 'ioredis') {
      const client = new Redis(redis.url, { ...FAIL_FAST });
      await once(client, 'ready');
      store = createIoredisStore(client, 'stall:');
      disconnect = () => {
        client.disconnect();
      };
    } else {
      const client = createClient({ url: redis.url, disableOfflineQueue: true });
      client.on('error', () => undefined);
      await client.connect();
      store = createNodeRedisStore(client, 'stall:');
      disconnect = () => {
        client.destroy();
      };
    }
  });
  afterEach(() => redis.process.kill('SIGCONT'));
  afterAll(async () => {
    disconnect();
    await redis.stop();
  });

  it.each(process.env['S2S_DEEP'] === '1' ? [60, 500, 1_500, 3_000] : [60, 1_200])(
    'takes the answer that came while this process stood still for %i ms',
    async (ms) => {
      await store.add('known', 60);
      const asked = Promise.all([store.has('known'), store.has('unknown')]);
      standStill(ms);
      expect(await asked).toEqual([true, false]);
    },
  );

  it('takes the answer that came while it stood still again and again', async () => {
    const asked: Promise<boolean>[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      asked.push(store.has('known'));
      standStill(80);
      await sleep(1);
    }
    expect(new Set(await Promise.all(asked))).toEqual(new Set([true]));
  });

  it('waits for a Redis that stands still for 500 ms', async () => {
    redis.process.kill('SIGSTOP');
    const asked = Promise.all(Array.from({ length: 50 }, () => store.has('known')));
    setTimeout(() => redis.process.kill('SIGCONT'), 500);
    expect(new Set(await asked)).toEqual(new Set([true]));
  });

  it('gives up on a command that alone is not answered', async () => {
    const exists = (key: string): Promise<number> =>
      key.endsWith('lost') ? new Promise(() => undefined) : Promise.resolve(1);
    const others = stores[library]({ exists, set: () => Promise.resolve() }, 'stall:');
    const startedAt = performance.now();
    const lost = { isOver: false };
    const asked = others.has('lost').finally(() => (lost.isOver = true));
    const rejected = expect(asked).rejects.toThrow('did not answer in time');
    while (!lost.isOver && performance.now() - startedAt < 5_000) {
      expect(await others.has('known')).toBe(true);
      await sleep(20);
    }
    await rejected;
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it('gives up on one that stays silent, all at once, and fails fast until it speaks again', async () => {
    redis.process.kill('SIGSTOP');
    const startedAt = performance.now();
    const first = await Promise.allSettled(Array.from({ length: 50 }, () => store.has('known')));
    expect(new Set(first.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    for (let call = 0; call < 5; call += 1) {
      const askedAt = performance.now();
      await expect(store.has('known')).rejects.toThrow('did not answer in time');
      expect(performance.now() - askedAt).toBeLessThan(500);
    }
    redis.process.kill('SIGCONT');
    await expect.poll(() => store.has('known').catch(() => undefined), { timeout: 5_000 }).toBe(true);
  });
});

/** An HTTP server with an event loop of its own: `/silent` is never answered, all else after 20 ms. */
async function startServer(): Promise<{ origin: string; stop: () => Promise<unknown> }> {
  const script = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:http').createServer((request, response) => {
      request.resume();
      if (request.url === '/silent') return;
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}'), 20);
    });
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
  `;
  const worker = new Worker(script, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  return { origin: `http://127.0.0.1:${String(port)}`, stop: () => worker.terminate() };
}

describe.each(['undici', 'fetch'] as const)('C.11 the client on %s', (transport) => {
  const timeout = 150;
  let module: ServiceClientModule;
  let server: { origin: string; stop: () => Promise<unknown> };
  let client: ServiceClient;

  beforeAll(async () => {
    const folder = renderVariant(`stall-${transport}`, { ...coreVariant, transport });
    module = (await import(new URL('service-client.ts', folder).href)) as ServiceClientModule;
    server = await startServer();
  });
  afterEach(() => client.close());
  afterAll(() => server.stop());

  async function connect(): Promise<void> {
    const circuitBreakerOptions = { failureThreshold: 3, successThreshold: 2, timeout: 30_000 };
    client = new module.ServiceClient({ baseUrl: server.origin, timeout, circuitBreakerOptions });
    await client.get('/', { timeout: 5_000 });
  }

  async function call(path: string, times: number, options = {}): Promise<readonly string[]> {
    const one = async (): Promise<string> => {
      const failed = (error: unknown): string => (error as { kind: string }).kind;
      return client.get(path, options).then(() => 'ok', failed);
    };
    return Promise.all(Array.from({ length: times }, one));
  }

  it('takes the answers that came while this process stood still', async () => {
    await connect();
    const calls = call('/', 20);
    // What is to be sent is sent first.
    await sleep(5);
    standStill(500);
    expect(new Set(await calls)).toEqual(new Set(['ok']));
  });

  it('takes them also where the calls were not even sent before', async () => {
    await connect();
    const calls = call('/', 5);
    standStill(500);
    expect(new Set(await calls)).toEqual(new Set(['ok']));
  });

  it('counts what one standstill has cost once', async () => {
    await connect();
    const calls = call('/silent', 20);
    await sleep(5);
    standStill(500);
    expect(new Set(await calls)).toEqual(new Set(['timeout']));
    const { state, failures } = client.getCircuitStats();
    expect({ state, failures }).toEqual({ state: 'CLOSED', failures: 1 });
  });

  it('opens all the same when the service is silent at three standstills', async () => {
    await connect();
    for (let turn = 0; turn < 3; turn += 1) {
      const calls = call('/silent', 5);
      await sleep(5);
      standStill(300);
      await calls;
    }
    expect(client.getCircuitStats().state).toBe('OPEN');
  });

  it.each(['one after another', 'at once'])('opens after three timeouts %s', async (how) => {
    await connect();
    // The machine of the test may be busy: not for half of that.
    if (how === 'at once') await call('/silent', 3, { timeout: 1_500 });
    else for (let turn = 0; turn < 3; turn += 1) await call('/silent', 1);
    const { state, failures } = client.getCircuitStats();
    expect({ state, failures }).toEqual({ state: 'OPEN', failures: 3 });
  });
});

describe('C.11 good users of a consumer, over HTTP', () => {
  const secret = 'a-secret-for-tests-of-at-least-32-characters';
  let redis: RedisServer;
  let auth: BootedService;
  let consumer: BootedService;

  beforeAll(async () => {
    redis = await startRedis();
    const root = materialize('security-stall', { fixture: 'npm-workspaces', args: [] });
    await runCommand({ generator: 'add-s2s', args: ['--target', 'user', '--protect', 'usersRoutes'] }, root);
    const env = { JWT_SECRET: secret, REDIS_URL: redis.url, LOG_LEVEL: 'fatal' };
    auth = await boot(root, 'services/auth-service', env);
    consumer = await boot(root, 'services/user-service', { ...env, AUTH_SERVICE_URL: auth.origin });
    for (let request = 0; request < 300; request += 1) await ask();
  });
  afterAll(async () => {
    for (const { process: child } of [auth, consumer, redis]) child.kill('SIGCONT');
    await consumer.stop();
    await auth.stop();
    await redis.stop();
    rmSync(join(projectRoot, '.cases/security-stall'), { recursive: true, force: true });
  });

  function boot(root: string, dir: string, env: Readonly<Record<string, string>>): Promise<BootedService> {
    const service = fixtures['npm-workspaces'].services.find((one) => one.dir === dir);
    if (service === undefined) throw new Error(`There is no ${dir}`);
    return bootService(root, service, env);
  }

  let serial = 0;
  async function ask(): Promise<number> {
    serial += 1;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1_000) + 3_600;
    const claims = { sub: 'usr_ada', tenantId: 'acme', jti: `stall-${String(serial)}`, exp };
    const input = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
    const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    const answer = await fetch(`${consumer.origin}/users`, { headers: { authorization: `Bearer ${token}` } });
    await answer.text();
    return answer.status;
  }

  /** Fifty requests a second, before, while and after something stalls. */
  async function statusesAround(stall: () => Promise<unknown>): Promise<readonly number[]> {
    const asked: Promise<number>[] = [];
    const stalled = sleep(200).then(stall);
    const end = { isReached: false };
    void stalled.finally(() => (end.isReached = true));
    for (let after = 0; after < 20; after += end.isReached ? 1 : 0) {
      asked.push(ask());
      await sleep(20);
    }
    return Promise.all(asked);
  }

  async function freeze({ process: child }: Pick<RedisServer, 'process'>): Promise<void> {
    child.kill('SIGSTOP');
    await sleep(500);
    child.kill('SIGCONT');
  }

  async function sendBodies(): Promise<void> {
    const body = JSON.stringify({ email: 'ada@acme.test', password: 'x'.repeat(1_000_000) });
    const headers = { 'content-type': 'application/json' };
    const post = async (): Promise<unknown> =>
      (await fetch(`${auth.origin}/auth/login`, { method: 'POST', headers, body })).text();
    await Promise.allSettled(Array.from({ length: 48 }, post));
  }

  it.each([
    ['Redis stands still for 500 ms', () => freeze(redis)],
    ['the auth service stands still for 500 ms', () => freeze(auth)],
    ['the consumer stands still for 500 ms', () => freeze(consumer)],
    ['a stranger sends 48 bodies of 1 MB to the login route', sendBodies],
  ])('get their answers when %s', async (_name, stall) => {
    const statuses = await statusesAround(stall);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });

  it('get 503 when Redis is gone, and the circuit opens after three', async () => {
    redis.process.kill('SIGSTOP');
    const statuses: number[] = [];
    for (let request = 0; request < 6; request += 1) statuses.push(await ask());
    expect(new Set(statuses)).toEqual(new Set([503]));
    const startedAt = performance.now();
    await ask();
    expect(performance.now() - startedAt).toBeLessThan(50);
  });
});
