import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import Fastify, { type FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { render } from '../../generators/_engine/render/render.ts';
import type { SubscriberView } from '../../generators/add-s2s-revocation/view.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { type RedisServer, startRedis } from '../helpers/redis-server.ts';

interface SubscriberModule {
  readonly subscribeToRevocations: (
    app: FastifyInstance,
    listener: { revoke(key: string): void; clear(): void },
  ) => void;
}

const CHANNEL = 'token-revocations:acme/auth';
const keyOf = (digit: number): string => `jti:${String(digit).repeat(64)}`;

const style = {
  quote: "'",
  semicolons: true,
  indent: '  ',
  eol: '\n',
  trailingCommas: true,
  finalNewline: true,
} as const;

async function loadSubscriber(library: 'ioredis' | 'redis'): Promise<SubscriberModule> {
  const nodeRedis = library === 'redis';
  const view: SubscriberView = {
    imports: [
      nodeRedis ? "import { createClient } from 'redis';" : "import { Redis } from 'ioredis';",
      "import { isTokenKey } from './token-key.ts';",
    ],
    channel: CHANNEL,
    channelVariable: '',
    redis: true,
    redisOwn: true,
    redisUrl: "process.env['SUBSCRIBER_URL']",
    redisClient: '',
    redisOptional: false,
    redisMayMiss: true,
    nodeRedis,
    redisOptions: nodeRedis ? '{ pingInterval: 10_000 }' : 'SUBSCRIBER',
    redisSettings: 'pingInterval: 10_000',
    redisDestroys: true,
    redisUse: 'revoked tokens',
  };
  const folder = join(projectRoot, '.rendered', `revocation-subscriber-${library}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'revocation-subscriber.ts');
  const types = "import type { FastifyInstance } from 'fastify';\n";
  writeFileSync(join(folder, 'token-key.ts'), render('add-auth-verify/token-key.ts.hbs', {}, style));
  writeFileSync(file, types + render('add-s2s-revocation/revocation-subscriber.ts.hbs', view, style));
  return (await import(pathToFileURL(file).href)) as SubscriberModule;
}

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
    process.env['SUBSCRIBER_URL'] = redis.url;
    const { subscribeToRevocations } = await loadSubscriber(library);
    app = Fastify();
    subscribeToRevocations(app, {
      revoke: (key) => heard.push(key),
      clear: () => {
        cleared += 1;
      },
    });
    await waitUntil(() => cleared === 1);
  });

  afterAll(async () => {
    delete process.env['SUBSCRIBER_URL'];
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
