import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { apply } from '../../../plopfile.ts';
import { materialize } from '../../helpers/materialize.ts';
import { projectRoot } from '../../helpers/project-root.ts';
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts';
import { planCommand } from '../../helpers/run-command.ts';

const id = 'redis-faults';
/** The blacklist gives up on a command sooner; a busy machine may be late. */
const limitMs = 500;
let redis: RedisServer;
let admin: Redis;
let app: FastifyInstance;

beforeAll(async () => {
  redis = await startRedis();
  admin = new Redis(redis.url);
  admin.on('error', () => undefined);
  const root = materialize(id, { fixture: 'npm-workspaces', args: [] });
  const plan = await planCommand({ generator: 'add-auth-verify', args: ['--yes'] }, root);
  if (!plan.ok) throw new Error('The generator refused the fixture');
  await apply(plan, root);
  process.env['REDIS_URL'] = redis.url;
  process.env['JWT_SECRET'] = 'a-secret-of-at-least-32-characters';
  const module = (await import(join(root, 'services/auth-service/src/app.ts'))) as {
    buildApp: (options: object) => Promise<FastifyInstance>;
  };
  app = await module.buildApp({ logger: false });
  await app.ready();
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
  await expect.poll(() => statusOf(newToken()), { timeout: 10_000 }).toBe(200);
});

let serial = 0;

function newToken(): string {
  const { jwt } = app as unknown as { jwt: { sign: (claims: object, options: object) => string } };
  return jwt.sign({ sub: 'usr_ada', email: 'ada@acme.test', serial: (serial += 1) }, { expiresIn: '5m' });
}

async function statusOf(token: string): Promise<number> {
  return (await app.inject({ method: 'POST', url: '/auth/verify', payload: { token } })).statusCode;
}

async function logOut(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await app.inject({ method: 'POST', url: '/auth/logout', headers })).statusCode;
}

/** Every verification is refused with 503, and none keeps its caller waiting. */
async function expectUnavailable(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const startedAt = performance.now();
    expect(await statusOf(newToken())).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(limitMs);
  }
}

describe('the verify route and a Redis', () => {
  it('that is well refuses a revoked token on the very next call', async () => {
    const token = newToken();
    expect(await statusOf(token)).toBe(200);
    expect(await logOut(token)).toBe(204);
    expect(await statusOf(token)).toBe(401);
    const [key = ''] = await admin.keys('token-blacklist:*');
    const seconds = await admin.ttl(key);
    expect(seconds).toBeGreaterThan(290);
    expect(seconds).toBeLessThan(310);
  });

  it('that is frozen: 503 in time, and 200 again when it thaws', async () => {
    redis.process.kill('SIGSTOP');
    await expectUnavailable(20);
    expect(await logOut(newToken())).toBeGreaterThanOrEqual(500);
    redis.process.kill('SIGCONT');
    await expect.poll(() => statusOf(newToken()), { timeout: 10_000 }).toBe(200);
  });

  it('that is slow: 503 in time, and 200 again afterwards', async () => {
    await admin.client('PAUSE', 1_000, 'ALL');
    await expectUnavailable(3);
    await expect.poll(() => statusOf(newToken()), { timeout: 10_000 }).toBe(200);
  });

  it('that cannot be written to: a logout does not claim to have revoked', async () => {
    await admin.replicaof('127.0.0.1', 1);
    const token = newToken();
    expect(await logOut(token)).toBeGreaterThanOrEqual(500);
    await admin.replicaof('NO', 'ONE');
    expect(await logOut(token)).toBe(204);
    expect(await statusOf(token)).toBe(401);
  });

  it('that has no memory left: a logout does not claim to have revoked', async () => {
    await admin.config('SET', 'maxmemory', '1');
    expect(await logOut(newToken())).toBeGreaterThanOrEqual(500);
    await admin.config('SET', 'maxmemory', '0');
  });

  it('that is killed: 503 in time, and 200 again when it is back', async () => {
    redis.process.kill('SIGKILL');
    await expect.poll(() => statusOf(newToken())).toBe(503);
    await expectUnavailable(20);
    redis = await startRedis(redis.port);
    await expect.poll(() => statusOf(newToken()), { timeout: 10_000 }).toBe(200);
  });
});
