import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { testCase as ioredis } from '../../cases/add-auth-verify/npm-workspaces/case.ts';
import { testCase as nodeRedis } from '../../cases/add-auth-verify/node-redis/case.ts';
import { projectRoot } from '../../helpers/project-root.ts';
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts';
import { generateAuthService, newToken, type StartAuthService, statusOf } from './auth-service.ts';

/** The blacklist gives up on a command sooner; a busy machine may be late. */
const limitMs = 500;
/** On one that meets a Redis which was well until then, it gives up after a second. */
const patienceMs = 3_000;
let redis: RedisServer;
let admin: Redis;
let start: StartAuthService;
let app: FastifyInstance;

async function logOut(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await app.inject({ method: 'POST', url: '/auth/logout', headers })).statusCode;
}

/** The first verification waits, in case that it is a stall; not for long. */
async function expectPatience(): Promise<void> {
  const startedAt = performance.now();
  expect(await statusOf(app, newToken(app))).toBe(503);
  expect(performance.now() - startedAt).toBeLessThan(patienceMs);
}

/** Every verification is refused with 503, and none keeps its caller waiting. */
async function expectUnavailable(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const startedAt = performance.now();
    expect(await statusOf(app, newToken(app))).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(limitMs);
  }
}

describe.each([
  ['ioredis', ioredis],
  ['node-redis', nodeRedis],
] as const)('the verify route on %s and a Redis', (client, testCase) => {
  const id = `redis-faults-${client}`;

  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
    admin.on('error', () => undefined);
    start = await generateAuthService(id, testCase);
    app = await start(redis.url);
  });

  afterAll(async () => {
    delete process.env['REDIS_URL'];
    delete process.env['JWT_SECRET'];
    await app.close();
    admin.disconnect();
    redis.process.kill('SIGCONT');
    await redis.stop();
    rmSync(join(projectRoot, '.cases', id), { recursive: true, force: true });
  });

  beforeEach(async () => {
    await expect.poll(() => statusOf(app, newToken(app)), { timeout: 10_000 }).toBe(200);
  });

  it('that is there is asked from the first request on', async () => {
    for (let time = 0; time < 5; time += 1) {
      const fresh = await start(redis.url);
      expect(await statusOf(fresh, newToken(fresh))).toBe(200);
      await fresh.close();
    }
  });

  it('that is nowhere: starts all the same, and says 503', async () => {
    const fresh = await start('redis://127.0.0.1:1');
    expect(await statusOf(fresh, newToken(fresh))).toBe(503);
    await fresh.close();
  });

  it('that is well refuses a revoked token on the very next call', async () => {
    const token = newToken(app);
    expect(await statusOf(app, token)).toBe(200);
    expect(await logOut(token)).toBe(204);
    expect(await statusOf(app, token)).toBe(401);
    const [key = ''] = await admin.keys('token-blacklist:*');
    const seconds = await admin.ttl(key);
    // The token's five minutes, ten of tolerance and one of clock skew.
    expect(seconds).toBeGreaterThan(950);
    expect(seconds).toBeLessThan(970);
  });

  it('that is frozen: 503 in time, and 200 again when it thaws', async () => {
    redis.process.kill('SIGSTOP');
    await expectPatience();
    await expectUnavailable(20);
    expect(await logOut(newToken(app))).toBeGreaterThanOrEqual(500);
    redis.process.kill('SIGCONT');
    await expect.poll(() => statusOf(app, newToken(app)), { timeout: 10_000 }).toBe(200);
  });

  it('that is slow: 503 in time, and 200 again afterwards', async () => {
    await admin.client('PAUSE', 2_500, 'ALL');
    await expectPatience();
    await expectUnavailable(3);
    await expect.poll(() => statusOf(app, newToken(app)), { timeout: 10_000 }).toBe(200);
  });

  it('that cannot be written to: a logout does not claim to have revoked', async () => {
    await admin.replicaof('127.0.0.1', 1);
    const token = newToken(app);
    expect(await logOut(token)).toBeGreaterThanOrEqual(500);
    await admin.replicaof('NO', 'ONE');
    expect(await logOut(token)).toBe(204);
    expect(await statusOf(app, token)).toBe(401);
  });

  it('that has no memory left: a logout does not claim to have revoked', async () => {
    await admin.config('SET', 'maxmemory', '1');
    expect(await logOut(newToken(app))).toBeGreaterThanOrEqual(500);
    await admin.config('SET', 'maxmemory', '0');
  });

  it('that is killed: 503 in time, and 200 again when it is back', async () => {
    redis.process.kill('SIGKILL');
    await expect.poll(() => statusOf(app, newToken(app))).toBe(503);
    await expectUnavailable(20);
    redis = await startRedis(redis.port);
    await expect.poll(() => statusOf(app, newToken(app)), { timeout: 10_000 }).toBe(200);
  });
});
