import Fastify, { type FastifyInstance } from 'fastify';

import { authMiddleware, type AuthMiddlewareOptions } from '../src/middleware/auth.middleware.js';

const apps: FastifyInstance[] = [];
/** Lets every token in. */
const connect: NonNullable<AuthMiddlewareOptions['connect']> = () => {
  const client = {
    refuseForMs: () => 0,
    post: () => Promise.resolve({ status: 200, headers: {}, data: { valid: true, userId: 'ada' } }),
    close: () => Promise.resolve(),
  };
  return client as unknown as ReturnType<typeof connect>;
};

function newApp(): FastifyInstance {
  const app = Fastify();
  apps.push(app);
  return app;
}

async function guard(app: FastifyInstance, publicRoutes: readonly string[]): Promise<void> {
  const client = { connect, baseUrl: 'http://auth.test', serviceSecret: '' };
  await app.register(authMiddleware, { ...client, publicRoutes });
}

async function statusOf(app: FastifyInstance, url: string, token?: string): Promise<number> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (await app.inject({ url, headers })).statusCode;
}

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

describe('route guard', () => {
  it('asks for a token everywhere but on public routes', async () => {
    const app = newApp();
    await guard(app, ['GET /open', 'GET /docs/*']);
    for (const url of ['/open', '/opened', '/docs', '/docs/page', '/docs2']) app.get(url, () => ({}));
    app.put('/open', () => ({}));

    for (const url of ['/open', '/docs', '/docs/page']) expect(await statusOf(app, url)).toBe(200);
    for (const url of ['/opened', '/docs2', '/nowhere']) expect(await statusOf(app, url)).toBe(401);
    expect((await app.inject({ method: 'PUT', url: '/open' })).statusCode).toBe(401);
    expect(await statusOf(app, '/opened', 'a.good.token')).toBe(200);
  });

  it("does not run the application's not-found handler for strangers on a public route", async () => {
    const app = newApp();
    await guard(app, ['GET /maybe']);
    let isRun = false;
    app.get('/maybe', (_request, reply) => {
      reply.callNotFound();
    });
    app.setNotFoundHandler(() => {
      isRun = true;
      return {};
    });

    expect(await statusOf(app, '/maybe')).toBe(404);
    expect(isRun).toBe(false);
  });

  it('fails the start when a route is out of its reach, or public in one of its versions', async () => {
    const start = async (add: (app: FastifyInstance) => void): Promise<void> => {
      const app = newApp();
      add(app);
      await app.register((inside) => guard(inside, ['GET /open/:id']));
      await app.ready();
    };

    const outside = start((app) => app.get('/outside/:id', () => ({})));
    await expect(outside).rejects.toMatchObject({
      message:
        'The auth middleware cannot guard this: GET /outside/:id has no guard; HEAD /outside/:id has no guard',
    });
    const versioned = start((app) => {
      app.route({ method: 'GET', url: '/open/:id', constraints: { version: '2.0.0' }, handler: () => ({}) });
    });
    await expect(versioned).rejects.toMatchObject({ name: 'Error' });
  });
});
