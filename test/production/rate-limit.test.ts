import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { Redis } from 'ioredis';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { bootService, type BootedService } from '../helpers/boot-service.ts';
import { materialize } from '../helpers/materialize.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { runCommand } from '../helpers/run-command.ts';

const id = 'production-rate-limit';
const authService = { dir: 'services/auth-service', entry: 'src/server.ts' };
const userService = { dir: 'services/user-service', entry: 'src/server.ts' };
/** What the variable LIMITS of an instance says; as a user would set it. */
const options = "JSON.parse(process.env['LIMITS'] ?? '{}')";
const shared = { quota: { max: 250, timeWindow: 2_500 } };
/** One request each 1.5 seconds, and none without Redis. */
const strict = { quota: { max: 1, timeWindow: 1_500 }, whenRedisIsDown: 'refuse' };
const burst = 250;
const aSecond = 100;
/** A path that nobody has: the limit holds for that as well, and nothing else takes time. */
const path = '/nowhere';

/** Every address of 127.0.0.0/8 is this machine: one for each client. */
const agentAt = (localAddress: string): Agent => new Agent({ localAddress });
const [home, scanner, proxied] = [agentAt('127.0.0.1'), agentAt('127.0.0.2'), agentAt('127.0.0.3')];

let root: string;
let redis: RedisServer;
let admin: Redis;
let env: Record<string, string>;
let instances: readonly BootedService[] = [];

beforeAll(async () => {
  root = materialize(id, { fixture: 'npm-workspaces', args: [] });
  await runCommand({ generator: 'add-s2s', args: ['--target', 'user', '--protect', 'usersRoutes'] }, root);
  await runCommand({ generator: 'add-s2s-rate-limit', args: ['--target', 'auth-service'] }, root);
  const own = ['--target', 'user', '--store', 'redis'];
  await runCommand({ generator: 'add-s2s-rate-limit', args: own }, root);
  const app = join(root, authService.dir, 'src/app.ts');
  const before = readFileSync(app, 'utf8');
  const after = before.replace('register(rateLimit)', `register(rateLimit, ${options})`);
  expect(after).not.toBe(before);
  writeFileSync(app, after);

  redis = await startRedis();
  admin = new Redis(redis.url, { maxRetriesPerRequest: null });
  admin.on('error', () => undefined);
  env = {
    JWT_SECRET: 'a-secret-for-tests-of-at-least-32-characters',
    REDIS_URL: redis.url,
    LOG_LEVEL: 'fatal',
    SERVICE_AUTH_SECRET: 'the-secret-of-the-services',
  };
  instances = await Promise.all([1, 2, 3].map(() => bootAuth(shared)));
});

afterAll(async () => {
  redis.process.kill('SIGCONT');
  for (const instance of instances) await instance.stop();
  for (const agent of [home, scanner, proxied]) await agent.destroy();
  admin.disconnect();
  await redis.stop();
  rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
});

beforeEach(async () => {
  await admin.flushall();
});

function bootAuth(limits: object): Promise<BootedService> {
  return bootService(root, authService, { ...env, LIMITS: JSON.stringify(limits) });
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
  readonly ms: number;
}

async function ask(
  origin: string,
  {
    url = path,
    token,
    body,
    agent = home,
  }: { url?: string; token?: string; body?: object; agent?: Agent } = {},
): Promise<Answer> {
  const startedAt = performance.now();
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const answer = await request(`${origin}${url}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    dispatcher: agent,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: text,
    ms: performance.now() - startedAt,
  };
}

const originOf = (index: number): string => instances[index % instances.length]?.origin ?? '';

/** So many clients that each ask instance after instance, with a moment between; `lost`: Redis was late. */
async function load(
  clients: number,
  ms: number,
  asked = instances,
): Promise<{ granted: number; refused: number; lost: number; seconds: number }> {
  const startedAt = performance.now();
  const seen = { granted: 0, refused: 0, lost: 0 };
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let turn = client; performance.now() - startedAt < ms; turn += 1) {
        await sleep(2);
        const { status } = await ask(asked[turn % asked.length]?.origin ?? '');
        if (status === 429) seen.refused += 1;
        else if (status === 503) seen.lost += 1;
        else seen.granted += 1;
      }
    }),
  );
  return { ...seen, seconds: (performance.now() - startedAt) / 1_000 };
}

describe('three instances and one Redis', () => {
  it('hold one limit together, within 2 %', async () => {
    // A machine that stops a process for 50 ms must not make it go on by itself, so here none does.
    const refusing = { ...shared, whenRedisIsDown: 'refuse' };
    const three = await Promise.all([1, 2, 3].map(() => bootAuth(refusing)));
    await load(8, 1_000, three);
    await admin.flushall();
    const { granted, lost, refused, seconds } = await load(8, 4_000, three);
    await Promise.all(three.map((instance) => instance.stop()));
    const due = burst + aSecond * seconds;
    const total = granted + refused + lost;
    console.log(
      `${String(granted)} of ${String(total)} requests in ${seconds.toFixed(2)} s, ${due.toFixed(0)} due, ${String(lost)} lost`,
    );
    expect(refused).toBeGreaterThan(granted / 5);
    expect(granted).toBeLessThanOrEqual(1.02 * due);
    // What was lost may have taken a token with it.
    expect(granted + lost).toBeGreaterThanOrEqual(0.98 * due);
  });

  it('tell a caller what is left and when to come back', async () => {
    const first = await ask(originOf(0));
    expect(first.headers['ratelimit-limit']).toBe('250');
    expect(first.headers['ratelimit-remaining']).toBe('249');
    expect(first.headers['ratelimit-reset']).toBe('1');
    await load(8, 1_500);
    const all = await Promise.all(Array.from({ length: 50 }, (_, index) => ask(originOf(index))));
    const refused = all.find(({ status }) => status === 429);

    expect(refused?.headers['retry-after']).toBe('1');
    expect(refused?.headers['ratelimit-remaining']).toBe('0');
    expect(refused?.headers['ratelimit-reset']).toBe('3');
    expect(JSON.parse(refused?.body ?? '')).toEqual({ error: 'Too many requests' });
  });

  it('are obeyed by our own client: it waits, tries again, and its circuit takes it for no failure', async () => {
    const file = join(root, userService.dir, 'src/utils/service-client.ts');
    const { ServiceClient } = (await import(pathToFileURL(file).href)) as {
      ServiceClient: new (options: object) => {
        get(path: string): Promise<unknown>;
        getCircuitStats(): { failures: number; successes: number; state: string };
        close(): Promise<void>;
      };
    };
    const instance = await bootAuth(strict);
    const client = new ServiceClient({ baseUrl: instance.origin, timeout: 5_000 });
    // The path is not there: a 404 is the answer that is waited for.
    await expect(client.get(path)).rejects.toMatchObject({ kind: 'http', status: 404 });
    const startedAt = performance.now();
    await expect(client.get(path)).rejects.toMatchObject({ kind: 'http', status: 404 });

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_990);
    expect(client.getCircuitStats()).toMatchObject({ state: 'CLOSED', failures: 0, successes: 2 });
    await client.close();
    await instance.stop();
  });
});

describe('a Redis that does not answer', () => {
  const stops = {
    frozen: {
      down: () => redis.process.kill('SIGSTOP'),
      up: () => Promise.resolve(redis.process.kill('SIGCONT')),
    },
    killed: {
      down: () => redis.process.kill('SIGKILL'),
      up: async () => {
        redis = await startRedis(redis.port);
      },
    },
  };

  it.each(['frozen', 'killed'] as const)(
    '%s: each instance limits by itself, without delay',
    async (state) => {
      stops[state].down();
      const answers: Answer[] = [];
      for (let turn = 0; turn < 60; turn += 1) answers.push(await ask(originOf(turn)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
      const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
      console.log(
        `${state}: median ${times[30]?.toFixed(1) ?? ''} ms, longest ${times.at(-1)?.toFixed(1) ?? ''} ms`,
      );
      // Once a second and instance a request waits for Redis, and only for 50 ms; a busy machine may be late.
      expect(times[30]).toBeLessThan(50);
      expect(times.at(-1)).toBeLessThan(500);
      const { granted, seconds } = await load(8, 2_500);
      expect(granted).toBeGreaterThan(burst + aSecond * seconds);
      expect(granted).toBeLessThan(3 * (burst + aSecond * seconds) * 1.02);

      await stops[state].up();
      const isShared = async (): Promise<boolean> => {
        await Promise.all([0, 1, 2].map((index) => ask(originOf(index))));
        return (await admin.keys('rate-limit:acme/auth-service:GET *')).length > 0;
      };
      await expect.poll(isShared, { timeout: 15_000 }).toBe(true);
      await admin.flushall();
      // Whoever has not met it again yet limits by itself for a moment.
      await sleep(1_000);
      await Promise.all([0, 1, 2].map((index) => ask(originOf(index))));
      expect(await admin.keys('rate-limit:acme/auth-service:GET *')).toHaveLength(1);
    },
  );

  it('is answered with 503 where that was chosen', async () => {
    const instance = await bootAuth(strict);
    try {
      await expect.poll(async () => (await ask(instance.origin)).status, { timeout: 5_000 }).toBe(404);
      redis.process.kill('SIGSTOP');
      const { status, headers, ms } = await ask(instance.origin);
      expect([status, headers['retry-after']]).toEqual([503, '1']);
      expect(ms).toBeLessThan(500);
      expect((await ask(instance.origin, { url: '/health' })).status).toBe(200);
    } finally {
      redis.process.kill('SIGCONT');
      await instance.stop();
    }
  });
});

describe('who tries bad tokens', () => {
  let user: BootedService;
  let token: string;

  beforeAll(async () => {
    await admin.ping();
    user = await bootService(root, userService, { ...env, AUTH_SERVICE_URL: originOf(0) });
    const body = { email: 'ada@acme.test', password: 'correct horse battery staple' };
    const login = await ask(originOf(0), { url: '/auth/login', body });
    token = (JSON.parse(login.body) as { token: string }).token;
  });

  afterAll(() => user.stop());

  const guess = (index: number): string => `${token.slice(0, -12)}${String(index).padStart(12, 'A')}`;
  const asUser = async (agent: Agent): Promise<number> =>
    (await ask(user.origin, { url: '/users', token, agent })).status;

  /** Redis has been away: connections come back by and by. */
  beforeEach(async () => {
    for (let tries = 0; tries < 100 && (await asUser(home)) !== 200; tries += 1) await sleep(100);
  });

  it('is stopped at the verify route, over all instances, while services and their users pass', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 200; index += 1) {
      const body = { token: guess(index) };
      statuses.push((await ask(originOf(index), { url: '/auth/verify', body, agent: scanner })).status);
      if (index % 20 === 0) expect(await asUser(home)).toBe(200);
    }
    // Who does not know the secret is told nothing of a token, and after a while not even that.
    const looked = statuses.filter((status) => status === 403).length;
    console.log(`${String(looked)} of 200 guesses were looked at`);
    // 100 in the bucket, and one each 0.6 s that comes.
    expect(looked).toBeGreaterThanOrEqual(100);
    expect(looked).toBeLessThanOrEqual(115);
    expect(statuses.filter((status) => status === 429)).toHaveLength(200 - looked);
    const good = await ask(originOf(1), { url: '/auth/verify', body: { token }, agent: scanner });
    expect(good.status).toBe(429);
    expect(Number(good.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  });

  it('is stopped at the service that it goes through, while its other users pass', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 100; index += 1) {
      statuses.push((await ask(user.origin, { url: '/users', token: guess(index), agent: proxied })).status);
      if (index % 10 === 0) expect(await asUser(home)).toBe(200);
    }
    const looked = statuses.filter((status) => status === 401).length;
    console.log(`${String(looked)} of 100 bad tokens were asked about`);
    expect(looked).toBeGreaterThanOrEqual(20);
    expect(looked).toBeLessThanOrEqual(23);
    expect(statuses.slice(-50).filter((status) => status === 429).length).toBeGreaterThanOrEqual(48);
    expect(await asUser(home)).toBe(200);
  });
});
