import { setTimeout as sleep } from 'node:timers/promises';

import Fastify, { type FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { superviseConnection as superviseIoredis } from '../../templates/_shared/redis-lifecycle.ioredis.ts';
import { superviseConnection as superviseNodeRedis } from '../../templates/_shared/redis-lifecycle.node-redis.ts';
import {
  listenForRevocations as listenOnIoredis,
  type RevocationListener,
  SUBSCRIBER,
} from '../../templates/add-s2s-revocation/revocation-listener.ioredis.ts';
import { listenForRevocations as listenOnNodeRedis } from '../../templates/add-s2s-revocation/revocation-listener.node-redis.ts';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';

const CHANNEL = 'token-revocations:acme/auth';
const keyOf = (digit: number): string => `jti:${String(digit).repeat(64)}`;

/** By library, what revocation-subscriber.ts does with a client of its own. */
const subscribe = {
  ioredis: (app: FastifyInstance, url: string, listener: RevocationListener): void => {
    const client = new Redis(url, SUBSCRIBER);
    superviseIoredis(app, client, 'revoked tokens');
    listenOnIoredis(client, CHANNEL, listener, app.log);
  },
  redis: (app: FastifyInstance, url: string, listener: RevocationListener): void => {
    const client = createClient({ url, pingInterval: 10_000 });
    superviseNodeRedis(app, client, 'revoked tokens');
    listenOnNodeRedis(client, CHANNEL, listener, app.log);
  },
};

describe.each(['ioredis', 'redis'] as const)('a subscriber on a real Redis and %s', (library) => {
  let redis: RedisServer;
  let admin: Redis;
  let app: FastifyInstance;
  const heard: string[] = [];
  let cleared = 0;

  const waitUntil = async (holds: () => boolean): Promise<void> => {
    const giveUpAt = performance.now() + 15_000;
    while (!holds() && performance.now() < giveUpAt) await sleep(10);
    expect(holds()).toBe(true);
  };

  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url, { maxRetriesPerRequest: null });
    admin.on('error', () => undefined);
    app = Fastify();
    subscribe[library](app, redis.url, {
      revoke: (key) => void heard.push(key),
      clear: () => {
        cleared += 1;
      },
    });
    await waitUntil(() => cleared === 1);
  });

  afterAll(async () => {
    await app.close();
    admin.disconnect();
    await redis.stop();
  });

  it('hears each revocation once', async () => {
    expect(await admin.publish(CHANNEL, keyOf(1))).toBe(1);
    await waitUntil(() => heard.length > 0);
    expect(heard.splice(0)).toEqual([keyOf(1)]);
  });

  // 9d forged messages: anybody who reaches Redis may have sent them.
  it('drops what is no key, and what comes on another channel', async () => {
    const garbage = [
      '',
      '*',
      'jti:1',
      ` ${keyOf(1)}`,
      `${keyOf(1)}0`,
      keyOf(1).toUpperCase(),
      'x'.repeat(1_000_000),
    ];
    for (const text of garbage) await admin.publish(CHANNEL, text);
    for (const channel of ['token-revocations', 'token-revocations:globex/auth'])
      await admin.publish(channel, keyOf(1));
    await admin.publish(CHANNEL, keyOf(4));
    await waitUntil(() => heard.length > 0);
    expect(heard.splice(0)).toEqual([keyOf(4)]);
  });

  it('subscribes again when the connection was cut, and forgets what it may have missed', async () => {
    await admin.call('CLIENT', 'KILL', 'TYPE', 'PUBSUB');
    await waitUntil(() => cleared === 2);
    await admin.publish(CHANNEL, keyOf(2));
    await waitUntil(() => heard.length > 0);
    await sleep(50);
    expect(heard.splice(0)).toEqual([keyOf(2)]);
    expect(cleared).toBe(2);
  });

  it('comes back after Redis was away', async () => {
    await redis.stop();
    await sleep(500);
    redis = await startRedis(redis.port);
    await waitUntil(() => cleared === 3);
    await admin.publish(CHANNEL, keyOf(3));
    await waitUntil(() => heard.length > 0);
    expect(heard.splice(0)).toEqual([keyOf(3)]);
  });
});
