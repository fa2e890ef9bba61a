import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';

import {
  limitRequests,
  networkOf,
  type RequestLimitOptions,
} from '../../templates/add-s2s-rate-limit/request-limit.ts';
import { createMemoryBuckets } from '../../templates/add-s2s-rate-limit/token-bucket.ts';

const apps: FastifyInstance[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function build(options: RequestLimitOptions): FastifyInstance {
  const app = Fastify();
  apps.push(app);
  limitRequests(app, { buckets: createMemoryBuckets({ clock: () => 0 }), ...options });
  app.get('/me', (request, reply) =>
    reply.code(request.headers.authorization === 'Bearer good' ? 200 : 401).send({}),
  );
  return app;
}

async function ask(app: FastifyInstance, token: string): Promise<number> {
  return (await app.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } })).statusCode;
}

describe('request limit', () => {
  const refusalQuota = { max: 3, timeWindow: 60_000 };

  it('takes a token for good by the answer where nothing identifies users', async () => {
    const app = build({ refusalQuota });
    for (let round = 0; round < 5; round += 1) {
      for (let request = 0; request < 10; request += 1) expect(await ask(app, 'good')).toBe(200);
      expect(await ask(app, 'bad')).toBe(401);
    }
  });

  it('gives no credit for an answer where users are identified and this is none', async () => {
    const app = build({ refusalQuota, identify: () => undefined });
    for (let request = 0; request < 30; request += 1) expect(await ask(app, 'good')).toBe(200);
    const statuses: number[] = [];
    for (let request = 0; request < 4; request += 1) statuses.push(await ask(app, 'bad'));
    expect(statuses).toEqual([401, 401, 401, 429]);
  });

  it('keys callers as its option says, and limits none without a key', async () => {
    const quota = { max: 1, timeWindow: 1_000 };
    const app = build({ quota, sourceOf: ({ headers }) => headers['x-key'] as string | undefined });
    const statusFor = async (key: string | undefined): Promise<number> => {
      const headers = key === undefined ? {} : { 'x-key': key };
      return (await app.inject({ url: '/nowhere', headers })).statusCode;
    };
    expect([await statusFor('a'), await statusFor('a'), await statusFor('b')]).toEqual([404, 429, 404]);
    expect([await statusFor(undefined), await statusFor(undefined)]).toEqual([404, 404]);
  });

  it('refuses an invalid quota of any kind', () => {
    const quota = { max: 0, timeWindow: 1 };
    const tokenRoute = { url: '/x', quota, countsTokens: true, verdictOn: () => 'good' as const };
    for (const options of [{ quota }, { refusalQuota: quota }, { tokenRoute }])
      expect(() => build(options)).toThrow(RangeError);
  });

  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.9', '10.0.0.9'],
    ['::FFFF:0a00:9', '10.0.0.9'],
    ['0:0:0:0:0:ffff:a00:9', '10.0.0.9'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['2001:DB8:0:1:9:9:9:9', '2001:db8:0:1::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::', '0:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::1.2.3.4', '0:0:0:0::/64'],
    ['nonsense', 'nonsense'],
  ])('knows the network of %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
