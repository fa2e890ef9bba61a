import Fastify, { type FastifyInstance } from 'fastify';

import { rateLimit, type RateLimitOptions } from '../src/plugins/rate-limit.js';
import { createMemoryBuckets } from '../src/utils/token-bucket.js';

const refusalQuota = { max: 3, timeWindow: 60_000 };
const isService: RateLimitOptions['isService'] = ({ headers }) => headers['x-service-secret'] === 'right';
const apps: FastifyInstance[] = [];

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

/** An application with a verify route where `good` is the one good token. */
async function buildApp(options: RateLimitOptions): Promise<FastifyInstance> {
  const app = Fastify();
  apps.push(app);
  await app.register(rateLimit, { buckets: createMemoryBuckets({ clock: () => 0 }), ...options });
  app.post<{ Body: { token: string } }>('/auth/verify', (request, reply) => {
    if (request.headers['x-service-secret'] === 'wrong') return reply.code(403).send({ valid: false });
    const valid = request.body.token === 'good';
    return reply.code(valid ? 200 : 401).send({ valid });
  });
  return app;
}

async function verify(
  app: FastifyInstance,
  token: string,
  more: { secret?: string; user?: string } = {},
): Promise<number> {
  const { secret = 'right', user } = more;
  const headers = { 'x-service-secret': secret, ...(user !== undefined && { 'x-client-address': user }) };
  const { statusCode } = await app.inject({ method: 'POST', url: '/auth/verify', headers, payload: { token } });
  return statusCode;
}

async function statuses(times: number, ask: () => Promise<number>): Promise<number[]> {
  const found: number[] = [];
  for (let request = 0; request < times; request += 1) found.push(await ask());
  return found;
}

describe('rate limit of the verify route', () => {
  it('does not blame a service for the tokens of its users', async () => {
    const app = await buildApp({ refusalQuota, isService });

    expect(new Set(await statuses(20, () => verify(app, 'bad')))).toEqual(new Set([401]));
  });

  it('counts the address of the end user when a service tells it, and no other', async () => {
    const app = await buildApp({ refusalQuota, isService });
    const scan = (): Promise<number> => verify(app, 'bad', { user: '192.0.2.1' });
    expect(await statuses(5, scan)).toEqual([401, 401, 401, 429, 429]);

    expect(await verify(app, 'good', { user: '192.0.2.2' })).toBe(200);
    expect(await verify(app, 'good')).toBe(200);
  });

  it('stops who guesses the service secret, whatever address it tells, and no service beside it', async () => {
    const app = await buildApp({ refusalQuota, isService });
    let guesses = 0;
    const guess = (): Promise<number> => {
      guesses += 1;
      return verify(app, 'good', { secret: 'wrong', user: `192.0.2.${String(guesses)}` });
    };

    expect(await statuses(5, guess)).toEqual([403, 403, 403, 429, 429]);
    expect(await verify(app, 'good')).toBe(200);
  });

  it('turns nobody away for bad tokens there while services cannot be told from strangers', async () => {
    const app = await buildApp({ refusalQuota });
    expect(new Set(await statuses(20, () => verify(app, 'bad')))).toEqual(new Set([401]));

    expect(await verify(app, 'good')).toBe(200);
  });

  it('lets a service ask more often than others', async () => {
    const app = await buildApp({ verifyQuota: { max: 50, timeWindow: 1_000 } });

    expect(new Set(await statuses(50, () => verify(app, 'good')))).toEqual(new Set([200]));
    expect(await verify(app, 'good')).toBe(429);
  });
});
