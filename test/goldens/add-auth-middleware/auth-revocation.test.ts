import Fastify, { type FastifyInstance } from 'fastify';

import { authMiddleware, type AuthMiddlewareOptions } from '../src/middleware/auth.middleware.js';
import { tokenKey } from '../src/utils/token-key.js';

const ADA = { valid: true, userId: 'ada' };
const apps: FastifyInstance[] = [];
/** The body of the next answer of the auth service, whose client is replaced. */
let answer: () => unknown = () => ADA;
let asked = 0;
/** Milliseconds for which the circuit is open. */
let openMs = 0;

const connect: NonNullable<AuthMiddlewareOptions['connect']> = () => {
  const client = {
    refuseForMs: () => openMs,
    getCircuitStats: () => ({}),
    post: async () => {
      asked += 1;
      return { status: 200, headers: {}, data: await answer() };
    },
    close: () => Promise.resolve(),
  };
  return client as unknown as ReturnType<typeof connect>;
};

async function buildApp(options: AuthMiddlewareOptions = {}): Promise<FastifyInstance> {
  const app = Fastify();
  apps.push(app);
  await app.register(authMiddleware, { connect, baseUrl: 'http://auth.test', serviceSecret: '', subscribe: () => undefined, ...options });
  app.addHook('onRequest', app.authenticate);
  app.get('/me', () => ({}));
  return app;
}

async function statusOf(app: FastifyInstance, token?: string): Promise<number> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (await app.inject({ url: '/me', headers })).statusCode;
}

beforeEach(() => {
  answer = () => ADA;
  asked = 0;
  openMs = 0;
});

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

type Subscribe = NonNullable<AuthMiddlewareOptions['subscribe']>;
const listeners: Parameters<Subscribe>[0][] = [];
let isTold = true;
const subscribe: Subscribe = (cache) => {
  listeners.push(cache);
  return () => isTold;
};

beforeEach(() => {
  listeners.splice(0);
  isTold = true;
});

describe('auth middleware, revocation', () => {
  it('asks again at once about a token that was revoked', async () => {
    const app = await buildApp({ cacheTtl: 60_000, subscribe });
    await statusOf(app, 'a.good.token');
    answer = () => ({ valid: false });
    expect(await statusOf(app, 'a.good.token')).toBe(200);

    for (const cache of listeners) cache.revoke(tokenKey('a.good.token'));
    expect(await statusOf(app, 'a.good.token')).toBe(401);
    expect(asked).toBe(2);
  });

  it('asks about every token while it may not have been told of a revocation', async () => {
    const app = await buildApp({ cacheTtl: 60_000, subscribe });
    await statusOf(app, 'a.good.token');
    isTold = false;
    answer = () => ({ valid: false });
    expect(await statusOf(app, 'a.good.token')).toBe(401);
  });

  it('lets nobody in by an answer that was under way when the token was revoked', async () => {
    const app = await buildApp({ cacheTtl: 60_000, subscribe });
    answer = () => new Promise((resolve) => setTimeout(resolve, 100, ADA));
    const first = statusOf(app, 'a.good.token');
    await new Promise((resolve) => setTimeout(resolve, 30));
    answer = () => ({ valid: false });
    for (const cache of listeners) cache.revoke(tokenKey('a.good.token'));
    const second = statusOf(app, 'a.good.token');

    // Each asks anew: what is under way counts for neither.
    expect([await first, await second]).toEqual([401, 401]);
    expect(asked).toBe(3);
  });
});
