import Fastify, { type FastifyInstance } from 'fastify';

import { authMiddleware, type AuthMiddlewareOptions } from '../src/middleware/auth.middleware.js';

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

describe('auth middleware, cache', () => {
  it('asks again about a token only when what it knows is too old', async () => {
    const app = await buildApp({ cacheTtl: 200 });
    for (let call = 0; call < 3; call += 1) expect(await statusOf(app, 'a.good.token')).toBe(200);
    expect(asked).toBe(1);

    await new Promise((resolve) => setTimeout(resolve, 250));
    answer = () => ({ valid: false });
    for (let call = 0; call < 3; call += 1) expect(await statusOf(app, 'a.good.token')).toBe(401);
    expect(asked).toBe(2);
  });
});
