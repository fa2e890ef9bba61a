import { setTimeout as sleep } from 'node:timers/promises';

import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { type Fleet, type Instance, openFleet } from '../helpers/revocation-fleet.ts';

const count = 20;
const rounds = process.env['S2S_DEEP'] === '1' ? 100 : 15;
let redis: RedisServer;
let admin: Redis;
let fleet: Fleet;
let instances: Instance[];
let serial = 0;

beforeAll(async () => {
  redis = await startRedis();
  admin = new Redis(redis.url);
  fleet = await openFleet('production-revocation', redis.url);
  // An empty log has no position: whoever is there reads all at the first entry, and is not told of that one alone.
  await revoke(newToken());
  instances = await fleet.start(count);
  await waitUntil(() => instances.every((instance) => instance.listened() > 0));
});

afterAll(async () => {
  await fleet.stop();
  admin.disconnect();
  await redis.stop();
});

/** With a name of its own, or known by its hash. */
function newToken(jti?: string): string {
  serial += 1;
  const claims = { sub: 'usr_ada', email: 'ada@acme.test', serial, ...(jti !== undefined && { jti }) };
  return fleet.auth.jwt.sign(claims, { expiresIn: '5m' });
}

async function waitUntil(holds: () => boolean, limitMs = 15_000): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while (!holds() && performance.now() < giveUpAt) await sleep(5);
  expect(holds()).toBe(true);
}

/** On a busy machine a command to Redis may take longer than its 50 ms: then it is asked again, as a user would. */
async function statusOf(instance: Instance, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(`${instance.origin}/me`, { headers });
    await response.arrayBuffer();
    if (response.status !== 503 || tries === 50) return response.status;
    await sleep(100);
  }
}

const statuses = (token: string, of: readonly Instance[] = instances): Promise<number[]> =>
  Promise.all(of.map((instance) => statusOf(instance, token)));

const all = (status: number): number[] => instances.map(() => status);

/** Gives the time at which it was begun, in nanoseconds. */
async function revoke(token: string): Promise<bigint> {
  for (let tries = 0; ; tries += 1) {
    const startedAt = process.hrtime.bigint();
    try {
      await fleet.auth.tokenBlacklist.revoke(token);
      return startedAt;
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(100);
    }
  }
}

describe('twenty instances that cache claims', () => {
  it('forget a revoked token at once, and no other', async () => {
    const [revoked, other] = [newToken('revoked-1'), newToken('other-1')];
    expect(await statuses(revoked)).toEqual(all(200));
    expect(await statuses(other)).toEqual(all(200));
    const before = fleet.asked();
    expect(await statuses(revoked)).toEqual(all(200));
    expect(fleet.asked()).toBe(before);

    await revoke(revoked);
    await waitUntil(() => instances.every((instance) => instance.toldAt(fleet.keyOf(revoked)) !== undefined));
    expect(await statuses(revoked)).toEqual(all(401));
    const after = fleet.asked();
    expect(await statuses(other)).toEqual(all(200));
    expect(fleet.asked()).toBe(after);
  });

  it('are told within 50 ms, 99 times of 100, on a machine that has time for them', async () => {
    const delaysMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const token = newToken();
      const key = fleet.keyOf(token);
      const startedAt = await revoke(token);
      await waitUntil(() => instances.every((instance) => instance.toldAt(key) !== undefined));
      const told = instances.map((instance) => instance.toldAt(key) ?? 0n);
      delaysMs.push(...told.map((at) => Number(at - startedAt) / 1e6));
    }
    const sorted = delaysMs.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
    console.log(`${String(sorted.length)}: median ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms`);
    // The bench holds 50 ms on a quiet machine; others may use this one.
    expect(at(0.99)).toBeLessThan(500);
  });

  it('never hear the token itself', async () => {
    const token = newToken();
    await revoke(token);
    const [name = ''] = (await admin.keys('token-revocations:*')).filter((one) => !one.endsWith(':all'));
    const [[, fields] = ['', []]] = await admin.xrevrange(name, '+', '-', 'COUNT', 1);

    expect([...fields.slice(0, 2), fields[2]]).toEqual(['key', fleet.keyOf(token), 'until']);
    expect(await admin.zscore(`${name}:all`, fleet.keyOf(token))).toBe(fields[3]);
    expect(JSON.stringify(await admin.xrange(name, '-', '+'))).not.toContain(token.split('.')[2]);
  });
});

describe('a message that is missed', () => {
  it('while the connection is down does no harm once it is back: everything is asked about anew', async () => {
    const token = newToken('missed-1');
    expect(await statuses(token)).toEqual(all(200));
    const before = instances.map((instance) => instance.listened());
    await admin.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES');
    await revoke(token);
    await waitUntil(() => instances.every((instance, index) => instance.listened() > (before[index] ?? 0)));

    expect(await statuses(token)).toEqual(all(401));
  });

  it('without anybody noticing holds for as long as the cache does', async () => {
    const deaf = await fleet.start(1, { ttlMs: 1_000, listens: false });
    const token = newToken();
    expect(await statuses(token, deaf)).toEqual([200]);
    await revoke(token);
    expect(await statuses(token, deaf)).toEqual([200]);

    await sleep(1_100);
    expect(await statuses(token, deaf)).toEqual([401]);
  });

  it('is not sent when Redis is down: the token is not revoked then, and whoever asks for it is told so', async () => {
    const [token, other] = [newToken(), newToken()];
    expect([await statuses(token), await statuses(other)]).toEqual([all(200), all(200)]);
    redis.process.kill('SIGSTOP');
    await expect(fleet.auth.tokenBlacklist.revoke(token)).rejects.toThrow('Redis did not answer in time');
    const once = async (of: string): Promise<number> => {
      const headers = { authorization: `Bearer ${of}` };
      return (await fetch(`${instances[0]?.origin ?? ''}/me`, { headers })).status;
    };
    // Cached claims are still good; who has none does not get in.
    expect([await once(token), await once(newToken())]).toEqual([200, 503]);
    // After 5 s without word of Redis nobody knows what is revoked: no cached claims count.
    await sleep(6_000);
    expect(await once(token)).toBe(503);
    redis.process.kill('SIGCONT');
    expect(await statuses(other, instances.slice(0, 1))).toEqual([200]);
  });

  it('is written again when a replica takes over that lacks it', async () => {
    const replica = await startRedis();
    const client = new Redis(replica.url);
    await client.replicaof('127.0.0.1', redis.port);
    const [copied, lacking] = [newToken('copied-1'), newToken('lacking-1')];
    expect([await statuses(copied), await statuses(lacking)]).toEqual([all(200), all(200)]);
    await revoke(copied);
    while ((await admin.wait(1, 1_000)) < 1);
    await client.replicaof('NO', 'ONE');
    await revoke(lacking);
    expect(await statuses(lacking)).toEqual(all(401));

    await redis.stop();
    // The address is that of the one which takes over, as behind Sentinel or a proxy.
    await client.config('SET', 'port', redis.port);
    client.disconnect();
    redis = { ...replica, port: redis.port, url: redis.url };
    const isBack = async (): Promise<boolean> => {
      const [name = ''] = await admin.keys('token-revocations:*:all');
      return (await admin.zscore(name, fleet.keyOf(lacking))) !== null;
    };
    const giveUpAt = performance.now() + 10_000;
    while (!(await isBack()) && performance.now() < giveUpAt) await sleep(100);
    expect(await isBack()).toBe(true);
    // Who asked in between is told by the log.
    while ((await statuses(lacking)).includes(200) && performance.now() < giveUpAt) await sleep(100);

    expect(await statuses(copied)).toEqual(all(401));
    expect(await statuses(lacking)).toEqual(all(401));
  });
});
