import Fastify, { type FastifyInstance } from 'fastify';

import { authMiddleware, type AuthMiddlewareOptions } from '../src/middleware/auth.middleware.js';
import { observe } from '../src/utils/service-diagnostics.js';

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
  await app.register(authMiddleware, { connect, baseUrl: 'http://auth.test', serviceSecret: '', ...options });
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

describe('auth middleware, diagnostics', () => {
  it('publishes the result for each token, and never the token', async () => {
    const published: unknown[] = [];
    const end = observe('auth:verified', ({ cached, result }) => published.push([result, cached]));
    const app = await buildApp();
    await statusOf(app);
    await statusOf(app, 'a.good.token');
    answer = () => ({ valid: false });
    await statusOf(app, 'a.bad.token');
    openMs = 1_000;
    await statusOf(app, 'another.token');
    end();
    await statusOf(app);

    const results = ['missing', 'valid', 'invalid', 'circuit_open'];
    expect(published).toEqual(results.map((result) => [result, false]));
    expect(asked).toBe(2);
  });
});
