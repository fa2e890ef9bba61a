import { type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import Fastify, { type FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  FAIL_FAST,
  superviseConnection as superviseIoredis,
} from '../../templates/_shared/redis-lifecycle.ioredis.ts';
import { superviseConnection as superviseNodeRedis } from '../../templates/_shared/redis-lifecycle.node-redis.ts';
import { logConnection as overIoredis } from '../../templates/add-s2s-revocation/log-connection.ioredis.ts';
import { logConnection as overNodeRedis } from '../../templates/add-s2s-revocation/log-connection.node-redis.ts';
import {
  followRevocations,
  type RevocationListener,
  type RevocationLogOptions,
} from '../../templates/add-s2s-revocation/revocation-log.ts';
import { RevokedTokens } from '../../templates/add-s2s-revocation/revoked-tokens.ts';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';

const NAME = 'token-revocations:acme/auth';
const keyOf = (number: number): string => `jti:${String(number).padStart(64, '0')}`;

type Options = Omit<RevocationLogOptions, 'name'>;

/** By library, what revocation-subscriber.ts does with a client of its own. */
const subscribe = {
  ioredis: (app: FastifyInstance, url: string, listener: RevocationListener, options: Options) => {
    const client = new Redis(url, FAIL_FAST);
    superviseIoredis(app, client, 'revoked tokens');
    return followRevocations(app, overIoredis(client), listener, { ...options, name: NAME });
  },
  redis: (app: FastifyInstance, url: string, listener: RevocationListener, options: Options) => {
    const client = createClient({ url, disableOfflineQueue: true });
    superviseNodeRedis(app, client, 'revoked tokens');
    return followRevocations(app, overNodeRedis(client), listener, { ...options, name: NAME });
  },
};

async function waitUntil(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 15_000;
  while (!holds() && performance.now() < giveUpAt) await sleep(5);
  expect(holds()).toBe(true);
}

describe.each(['ioredis', 'redis'] as const)('a follower of the log on a real Redis and %s', (library) => {
  let redis: RedisServer;
  let admin: Redis;
  const apps: FastifyInstance[] = [];
  const frozen: ChildProcess[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url, { maxRetriesPerRequest: null });
    admin.on('error', () => undefined);
  });

  afterEach(async () => {
    for (const one of frozen.splice(0)) one.kill('SIGCONT');
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await admin.flushall();
  });

  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  /** As the publisher does, but for the denylist. */
  async function revoke(number: number, until = Math.floor(Date.now() / 1_000) + 600): Promise<string> {
    const key = keyOf(number);
    await admin.zadd(`${NAME}:all`, until, key);
    await admin.xadd(NAME, 'MAXLEN', '~', 10_000, '*', 'key', key, 'until', until);
    return key;
  }

  async function follow(options: Options = {}): Promise<{ tokens: RevokedTokens; isTold: () => boolean }> {
    const app = Fastify();
    apps.push(app);
    const tokens = new RevokedTokens();
    const isTold = subscribe[library](app, redis.url, tokens, { readsAll: true, ...options });
    await waitUntil(isTold);
    return { tokens, isTold };
  }

  it('knows what was revoked before it started, and hears of the next one', async () => {
    const before = await revoke(1);
    const { tokens } = await follow();
    expect(tokens.has(before)).toBe(true);

    const next = await revoke(2);
    await waitUntil(() => tokens.has(next));
    expect(tokens.has(keyOf(3))).toBe(false);
  });

  it('reads all pages of many, while others are revoked', async () => {
    const until = Math.floor(Date.now() / 1_000) + 600;
    const many = Array.from({ length: 5_000 }, (_one, index) => index);
    await admin.zadd(`${NAME}:all`, ...many.flatMap((number) => [until, keyOf(number)]));
    const following = follow();
    const others = await Promise.all([5_001, 5_002, 5_003].map((number) => revoke(number)));
    const { tokens } = await following;
    await waitUntil(() => others.every((key) => tokens.has(key)));
    expect(many.filter((number) => !tokens.has(keyOf(number)))).toEqual([]);
  });

  it('misses nothing while its connection is cut', async () => {
    const { tokens } = await follow();
    const old = await revoke(1);
    await waitUntil(() => tokens.has(old));
    await admin.client('KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES');
    const meanwhile = await revoke(2);
    await waitUntil(() => tokens.has(meanwhile));
    expect(tokens.has(old)).toBe(true);
  });

  it('reads all where the log has dropped its position, as after an eviction', async () => {
    const { tokens } = await follow();
    await waitFor(revoke(1), tokens);
    // Neither of the two is in the log any more when it reads on.
    const until = Math.floor(Date.now() / 1_000) + 600;
    await admin
      .multi()
      .zadd(`${NAME}:all`, until, keyOf(2))
      .xadd(NAME, '*', 'key', keyOf(2), 'until', until)
      .xtrim(NAME, 'MAXLEN', 0)
      .exec();
    await waitUntil(() => tokens.has(keyOf(2)));

    await admin.del(NAME);
    await admin.zadd(`${NAME}:all`, until, keyOf(3));
    await waitUntil(() => tokens.has(keyOf(3)));
    await waitFor(revoke(4), tokens);
  });

  it('keeps what it knows when Redis comes back empty, with a clock that is behind', async () => {
    const { tokens, isTold } = await follow();
    await waitFor(revoke(1), tokens);
    await redis.stop();
    await sleep(200);
    redis = await startRedis(redis.port);
    // IDs before those that it has seen: a replica took over, or the clock was set back.
    await admin.xadd(NAME, '1-1', 'key', keyOf(2), 'until', 9_999_999_999);
    await admin.zadd(`${NAME}:all`, 9_999_999_999, keyOf(2));
    await waitUntil(() => tokens.has(keyOf(2)));
    await admin.xadd(NAME, '1-2', 'key', keyOf(3), 'until', 9_999_999_999);
    await waitUntil(() => tokens.has(keyOf(3)));
    expect([tokens.has(keyOf(1)), isTold()]).toEqual([true, true]);
  });

  it('knows nothing for certain after its silence, and all of it when Redis answers again', async () => {
    const { tokens, isTold } = await follow({ maxSilenceMs: 2_000 });
    redis.process.kill('SIGSTOP');
    frozen.push(redis.process);
    expect(isTold()).toBe(true);
    await waitUntil(() => !isTold());
    redis.process.kill('SIGCONT');
    const key = await revoke(1);
    await waitUntil(() => isTold() && tokens.has(key));
  });

  it('trusts no reply that a process read after it had slept for a minute', async () => {
    let nowMs = 0;
    const { isTold } = await follow({ clock: () => nowMs });
    nowMs += 60_000;
    expect(isTold()).toBe(false);
    // A command sent before the sleep may be answered first; the next one counts.
    await waitUntil(isTold);
  });

  // 9d forged entries: anybody who reaches Redis may have written them.
  it('drops what is no key, and what is in another log', async () => {
    const { tokens } = await follow();
    const garbage = [
      '',
      '*',
      'jti:1',
      ` ${keyOf(1)}`,
      `${keyOf(1)}0`,
      keyOf(1).toUpperCase(),
      'x'.repeat(1_000_000),
    ];
    for (const text of garbage) await admin.xadd(NAME, '*', 'key', text, 'until', '9999999999');
    await admin.xadd(NAME, '*', 'other', 'field');
    await admin.xadd('token-revocations:globex/auth', '*', 'key', keyOf(1), 'until', '9999999999');
    await waitFor(revoke(4), tokens);
    expect(garbage.filter((text) => tokens.has(text))).toEqual([]);
    expect(tokens.has(keyOf(1))).toBe(false);
  });

  it('clears a listener that wants no list, once for each gap', async () => {
    let cleared = 0;
    const heard: string[] = [];
    const app = Fastify();
    apps.push(app);
    const listener = { revoke: (key: string) => void heard.push(key), clear: () => void (cleared += 1) };
    const isTold = subscribe[library](app, redis.url, listener, {});
    await waitUntil(isTold);
    expect(cleared).toBe(1);
    const first = await revoke(1);
    await waitUntil(() => heard.includes(first));
    // From the start of an empty log, entries may have come and gone: all is read once more.
    await waitUntil(() => cleared === 2);
    const second = await revoke(2);
    await waitUntil(() => heard.includes(second));
    await admin.client('KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES');
    await waitUntil(() => cleared === 3);
    expect(heard).toEqual([first, second]);
  });

  async function waitFor(revoked: Promise<string>, tokens: RevokedTokens): Promise<void> {
    const key = await revoked;
    await waitUntil(() => tokens.has(key));
  }
});

describe('revoked tokens in memory', () => {
  it('go when they count no more, and not before', () => {
    let now = 0;
    const tokens = new RevokedTokens(() => now);
    for (let number = 0; number < 1_023; number += 1) tokens.revoke(keyOf(number), 1_000);
    tokens.revoke(keyOf(5_000), Number.NaN);
    expect(tokens.has(keyOf(0))).toBe(true);
    now = 1_000;
    for (let number = 2_000; number < 4_100; number += 1) tokens.revoke(keyOf(number), 9_000);
    expect([tokens.has(keyOf(0)), tokens.has(keyOf(2_000)), tokens.has(keyOf(5_000))]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
