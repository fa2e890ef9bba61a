import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';

import { rateLimit, type RateLimitOptions } from '../src/plugins/rate-limit.js';
import { createMemoryBuckets } from '../src/utils/token-bucket.js';

interface User {
  userId: string;
}

const apps: FastifyInstance[] = [];
let time = 0;
let looked = 0;

beforeEach(() => {
  time = 1_000_000;
  looked = 0;
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

/** An application where `good` is the one good token. */
async function buildApp(options: RateLimitOptions = {}): Promise<FastifyInstance> {
  const app = Fastify();
  apps.push(app);
  const users = new WeakMap<FastifyRequest, User>();
  await app.register(rateLimit, {
    quota: { max: 3, timeWindow: 3_000 },
    buckets: createMemoryBuckets({ clock: () => time }),
    identify: (request) => users.get(request),
    ...options,
  });
  app.get('/a', () => ({}));
  app.get('/b/:id', () => ({}));
  app.get('/probe', () => ({}));
  app.get('/own', { config: { rateLimit: { max: 1, timeWindow: 60_000 } } }, () => ({}));
  app.get('/free', { config: { rateLimit: false } }, () => ({}));
  await app.register((guarded, _options, done) => {
    guarded.addHook('onRequest', (request, _reply, next) => {
      looked += 1;
      const [, token] = (request.headers.authorization ?? '').split(' ');
      if (token === undefined || token === 'bad') {
        next(Object.assign(new Error('Unauthorized'), { statusCode: 401 }));
        return;
      }
      users.set(request, { userId: token });
      next();
    });
    guarded.get('/me', { config: { rateLimit: { max: 100, timeWindow: 1_000 } } }, () => ({}));
    guarded.get('/few', () => ({}));
    done();
  });
  return app;
}

interface Got {
  status: number;
  headers: Record<string, unknown>;
}

async function get(app: FastifyInstance, url: string, remoteAddress = '10.0.0.1', token?: string): Promise<Got> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { statusCode, headers: answered } = await app.inject({ method: 'GET', url, remoteAddress, headers });
  return { status: statusCode, headers: answered };
}

async function statuses(times: number, ask: () => Promise<{ status: number }>): Promise<number[]> {
  const found: number[] = [];
  for (let request = 0; request < times; request += 1) found.push((await ask()).status);
  return found;
}

describe('rate limit', () => {
  it('answers 429 when a caller asks too often, and says when to come back', async () => {
    const app = await buildApp();
    expect(await statuses(4, () => get(app, '/a'))).toEqual([200, 200, 200, 429]);

    const { status, headers } = await get(app, '/a');
    expect(status).toBe(429);
    expect(String(headers['retry-after'])).toBe('1');
    expect(String(headers['ratelimit-limit'])).toBe('3');
    expect(String(headers['ratelimit-remaining'])).toBe('0');
    expect(String(headers['ratelimit-reset'])).toBe('3');
    time += 1_000;
    expect(await statuses(2, () => get(app, '/a'))).toEqual([200, 429]);
  });

  it('tells on each answer how much is left', async () => {
    const app = await buildApp();
    const { headers } = await get(app, '/a');

    expect(String(headers['ratelimit-remaining'])).toBe('2');
    expect(String(headers['ratelimit-reset'])).toBe('1');
    expect(headers['retry-after']).toBeUndefined();
  });

  it('counts for each caller and each route by itself', async () => {
    const app = await buildApp();
    await statuses(3, () => get(app, '/a'));
    expect((await get(app, '/a', '10.0.0.2')).status).toBe(200);

    // A pattern is one route, whatever stands in its place.
    expect((await get(app, '/b/1')).status).toBe(200);
    await statuses(2, () => get(app, '/b/2'));
    expect((await get(app, '/b/3')).status).toBe(429);
  });

  it('takes a network of IPv6 for one caller, and an IPv4 address for itself in any spelling', async () => {
    const app = await buildApp();
    for (const end of ['1', '2', 'ffff:3']) await get(app, '/a', `2001:db8:0:1::${end}`);
    expect((await get(app, '/a', '2001:db8:0:1:9:9:9:9')).status).toBe(429);
    expect((await get(app, '/a', '2001:db8:0:2::1')).status).toBe(200);

    await statuses(3, () => get(app, '/a', '10.0.0.9'));
    expect((await get(app, '/a', '::ffff:10.0.0.9')).status).toBe(429);
    expect((await get(app, '/a', '::FFFF:0a00:9')).status).toBe(429);
  });

  it('leaves probes alone, and lets a route have a limit of its own or none', async () => {
    const app = await buildApp({ unlimitedRoutes: ['/probe'] });
    for (const url of ['/probe', '/free']) {
      expect(new Set(await statuses(10, () => get(app, url)))).toEqual(new Set([200]));
    }
    expect(await statuses(2, () => get(app, '/own'))).toEqual([200, 429]);
  });

  it('limits what is not there, too', async () => {
    const app = await buildApp();
    const found = await statuses(2, () => get(app, '/none'));

    expect([...found, (await get(app, '/nil')).status]).toEqual([404, 404, 404]);
    expect((await get(app, '/nothing')).status).toBe(429);
  });

  it('does not start with a quota that makes no sense', async () => {
    await expect(buildApp({ quota: { max: 0, timeWindow: 1_000 } })).rejects.toMatchObject({
      name: 'RangeError',
    });
  });

  it('answers 503 when nobody can tell', async () => {
    const broken: RateLimitOptions['buckets'] = {
      take: () => Promise.reject(new Error('Redis is down')),
      give: () => undefined,
    };
    const app = await buildApp({ buckets: broken });
    for (const token of [undefined, 'good']) {
      const { status, headers } = await get(app, '/a', '10.0.0.1', token);
      expect(status).toBe(503);
      expect(String(headers['retry-after'])).toBe('1');
    }
    expect(looked).toBe(0);
  });

  it('knows users by their identity, wherever they come from', async () => {
    const app = await buildApp();
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) await get(app, '/few', address, 'ada');

    expect((await get(app, '/few', '10.0.0.4', 'ada')).status).toBe(429);
    expect((await get(app, '/few', '10.0.0.1', 'bob')).status).toBe(200);
  });
});

describe('rate limit, bad tokens', () => {
  const refusalQuota = { max: 3, timeWindow: 60_000 };

  it('turns an address away before its next token is looked at, and no other address', async () => {
    const app = await buildApp({ refusalQuota });
    expect(await statuses(5, () => get(app, '/me', '10.0.0.1', 'bad'))).toEqual([401, 401, 401, 429, 429]);
    expect(looked).toBe(3);

    const { status, headers } = await get(app, '/me', '10.0.0.1', 'good');
    expect(status).toBe(429);
    expect(String(headers['retry-after'])).toBe('20');
    expect((await get(app, '/free')).status).toBe(200);
    expect((await get(app, '/me', '10.0.0.2', 'good')).status).toBe(200);
  });

  it('looks at no more tokens than are in the bucket, of any number that come at once', async () => {
    const app = await buildApp({ refusalQuota });
    const bad = await Promise.all(Array.from({ length: 50 }, () => get(app, '/me', '10.0.0.1', 'bad')));
    expect(bad.filter(({ status }) => status === 401).length).toBe(3);
    expect(bad.filter(({ status }) => status === 429).length).toBe(47);
    expect(looked).toBe(3);
  });

  it('lets all of any number that come at once pass when they are good', async () => {
    const app = await buildApp({ refusalQuota });
    const good = await Promise.all(Array.from({ length: 50 }, () => get(app, '/me', '10.0.0.1', 'good')));
    expect(good.filter(({ status }) => status === 200).length).toBe(50);
  });

  it('does not count who has sent no token at all', async () => {
    const app = await buildApp({ refusalQuota });

    expect(new Set(await statuses(10, () => get(app, '/me')))).toEqual(new Set([401]));
  });

  it('does not take many users behind one address for a scanner', async () => {
    const app = await buildApp({ refusalQuota });
    for (let round = 0; round < 5; round += 1) {
      time += 1_000;
      await statuses(10, () => get(app, '/me', '10.0.0.1', 'good'));
      expect((await get(app, '/me', '10.0.0.1', 'bad')).status).toBe(401);
    }
  });
});
