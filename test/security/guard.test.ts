import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';

import type { FastifyInstance, FastifyReply, FastifyServerOptions, InjectOptions } from 'fastify';
import fp from 'fastify-plugin';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fastifyVersions, goodToken, type Guard, openGuard } from './guarded-app.ts';

/** What only those who are let in may read. */
const secret = 'for those who are let in';
const publicRoutes = [
  'GET /health',
  'GET /docs/*',
  'GET /maybe',
  'GET /zone/maybe',
  'GET /all',
  'POST /hook',
];

let guard: Guard;
beforeAll(async () => {
  guard = await openGuard('security-guard');
});
afterAll(() => {
  guard.close();
});

const answerSecret = (_request: unknown, reply: FastifyReply): FastifyReply => reply.send({ secret });
const answerOpen = (_request: unknown, reply: FastifyReply): FastifyReply => reply.send({ open: true });

/** Every way that Fastify has to get from a request to a handler, beside public routes that look alike. */
async function addRoutes(app: FastifyInstance): Promise<void> {
  app.get('/health', answerOpen);
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
    app.route({ method, url: '/health', handler: answerSecret });
  }
  app.get('/versions', answerSecret);
  app.route({ method: 'GET', url: '/versions', constraints: { version: '2.0.0' }, handler: answerSecret });
  app.route({ method: 'GET', url: '/versions', constraints: { host: 'inside.test' }, handler: answerSecret });
  app.get('/docs', answerOpen);
  app.get('/docs/:page', answerOpen);
  app.put('/docs/:page', answerSecret);
  app.get('/docs2', answerSecret);
  app.route({
    method: ['GET', 'DELETE'],
    url: '/all',
    handler: (request, reply) => answerSecretUnlessGet(request.method, reply),
  });
  app.post('/hook', answerOpen);
  app.get('/hook', answerSecret);
  app.get('/status', answerSecret);
  app.put('/status', answerSecret);
  app.get('/users/:id', answerSecret);
  app.head('/only-head', answerSecret);
  app.get('/', answerSecret);
  app.all('/files/*', answerSecret);
  app.get('/maybe', (_request, reply) => {
    reply.callNotFound();
  });
  app.setNotFoundHandler(answerSecret);
  await app.register(
    (zone, _options, done) => {
      zone.get('/maybe', (_request, reply) => {
        reply.callNotFound();
      });
      zone.get('/', answerSecret);
      zone.get('/health', answerSecret);
      zone.setNotFoundHandler(answerSecret);
      done();
    },
    { prefix: '/zone' },
  );
}

function answerSecretUnlessGet(method: string, reply: FastifyReply): FastifyReply {
  return method === 'GET' || method === 'HEAD'
    ? answerOpen(undefined, reply)
    : answerSecret(undefined, reply);
}

/** Plugins that are registered before the middleware. */
async function addEarlyRoutes(app: FastifyInstance): Promise<void> {
  await app.register(
    (admin, _options, done) => {
      admin.get('/', answerSecret);
      admin.get('/health', answerSecret);
      admin.setNotFoundHandler(answerSecret);
      done();
    },
    { prefix: '/early' },
  );
  await app.register(
    fp((shared, _options, done) => {
      shared.get('/early-shared', answerSecret);
      done();
    }),
  );
  await app.register(
    Promise.resolve({
      default: (late: FastifyInstance, _options: object, done: () => void) => {
        late.get('/early-import', answerSecret);
        done();
      },
    }),
  );
  // Copies a public route, options and all, as plugins that make twins of routes do.
  app.addHook('onRoute', function twin(this: FastifyInstance, route) {
    if (route.url !== '/health' || route.method !== 'GET' || route.constraints !== undefined) return;
    this.route({ ...route, url: '/health-twin', handler: answerSecret });
  });
}

async function buildApp(
  make: (options?: FastifyServerOptions) => FastifyInstance,
  options: FastifyServerOptions,
): Promise<FastifyInstance> {
  const app = make(options);
  await addEarlyRoutes(app);
  await app.register(guard.authMiddleware, { ...guard.options, publicRoutes });
  await addRoutes(app);
  await app.ready();
  return app;
}

/** Options of the router that change which URLs mean the same. */
const routers: readonly (readonly [string, FastifyServerOptions])[] = [
  ['as it is', {}],
  ['ignoreTrailingSlash', { ignoreTrailingSlash: true }],
  ['ignoreDuplicateSlashes', { ignoreDuplicateSlashes: true }],
  ['case-insensitive', { caseSensitive: false }],
  ['useSemicolonDelimiter', { useSemicolonDelimiter: true }],
  ['without HEAD twins', { exposeHeadRoutes: false }],
  ['all tolerant', { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, caseSensitive: false }],
  ['rewriteUrl', { rewriteUrl: ({ url = '/' }) => url.replace(/^\/v1/, '') }],
];

const request = (method: string, url: string, headers: Record<string, string> = {}): InjectOptions => ({
  method: method,
  url,
  headers,
});

/** Requests whose plain form reaches a guarded handler with a token. */
const guarded: readonly InjectOptions[] = [
  request('GET', '/'),
  request('GET', '/status'),
  request('PUT', '/status'),
  request('GET', '/users/1'),
  request('GET', '/hook'),
  request('POST', '/health'),
  request('PUT', '/health'),
  request('PATCH', '/health'),
  request('DELETE', '/health'),
  request('OPTIONS', '/health'),
  request('GET', '/versions'),
  request('GET', '/versions', { 'accept-version': '2.0.0' }),
  request('GET', '/versions', { host: 'inside.test' }),
  request('PUT', '/docs/1'),
  request('GET', '/docs2'),
  request('DELETE', '/all'),
  request('GET', '/files/a/b'),
  request('POST', '/files/a/b'),
  request('OPTIONS', '/files/a'),
  request('GET', '/zone'),
  request('GET', '/zone/health'),
  request('GET', '/zone/maybe'),
  request('GET', '/zone/nowhere'),
  request('GET', '/maybe'),
  request('GET', '/nowhere'),
  request('GET', '/docs/a/b/c'),
  request('GET', '/early'),
  request('GET', '/early/health'),
  request('GET', '/early/nowhere'),
  request('GET', '/early-shared'),
  request('GET', '/early-import'),
  request('GET', '/health-twin'),
];

function textOf(url: InjectOptions['url']): string {
  if (typeof url !== 'string') throw new TypeError('These requests have a URL of one text');
  return url;
}

/** Nothing is found there, by a public route or below a public pattern: strangers get a plain 404. */
const publicMisses = new Set(['/maybe', '/zone/maybe', '/docs/a/b/c']);

/** The same, spelled and dressed up otherwise: whatever they reach, no stranger may read it. */
function disguises({ headers = {}, method = 'GET', url }: InjectOptions): readonly InjectOptions[] {
  const path = textOf(url);
  const on = (changed: string, more: Record<string, string> = {}): InjectOptions =>
    request(method, changed, { ...(headers as Record<string, string>), ...more });
  return [
    on(`${path}/`),
    on(`/${path}`),
    on(path.toUpperCase()),
    on(`${path}?publicRoutes=/health`),
    on(`${path};/health`),
    on(`/health/..${path}`),
    on(`/v1${path}`),
    on(path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`)),
    on(path, { authorization: '' }),
    on(path, { authorization: 'Bearer' }),
    on(path, { authorization: 'Bearer a.bad.token' }),
    on(path, { 'x-http-method-override': 'GET', 'x-original-url': '/health', 'x-rewrite-url': '/health' }),
    on(path, { 'x-user': 'ada', 'x-forwarded-user': 'ada' }),
    on(path, {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'a',
      'sec-websocket-version': '13',
    }),
    on(path, { origin: 'https://evil.test', 'access-control-request-method': 'GET' }),
  ];
}

describe.each(fastifyVersions)('A.4 every way to a handler, %s', (_name, make) => {
  describe.each(routers)('router %s', (_router, options) => {
    let app: FastifyInstance;
    beforeAll(async () => {
      app = await buildApp(make, options);
    });
    afterAll(() => app.close());

    it.each(
      guarded.map(
        (each) =>
          [`${String(each.method)} ${textOf(each.url)} ${JSON.stringify(each.headers)}`, each] as const,
      ),
    )('asks for a token: %s', async (_what, wanted) => {
      const plain = await app.inject(wanted);
      const isPublicMiss = publicMisses.has(textOf(wanted.url));
      expect([plain.statusCode, plain.body.includes(secret)]).toEqual([isPublicMiss ? 404 : 401, false]);
      for (const disguised of disguises(wanted)) {
        const { body, statusCode } = await app.inject(disguised);
        const what = `${String(disguised.method)} ${textOf(disguised.url)} ${JSON.stringify(disguised.headers)}: ${String(statusCode)}`;
        expect(body.includes(secret), what).toBe(false);
      }
      const known = { ...wanted, headers: { ...wanted.headers, authorization: goodToken } };
      expect((await app.inject(known)).body).toContain(secret);
    });

    it('leaves what is public open', async () => {
      for (const url of ['/health', '/docs', '/docs/page', '/all']) {
        expect((await app.inject({ url })).json()).toEqual({ open: true });
      }
      expect((await app.inject({ method: 'POST', url: '/hook' })).json()).toEqual({ open: true });
      const head = await app.inject({ method: 'HEAD', url: '/health' });
      expect(head.statusCode).toBe(options.exposeHeadRoutes === false ? 404 : 200);
      expect((await app.inject({ method: 'HEAD', url: '/only-head' })).statusCode).toBe(401);
    });
  });

  it('over a socket: absolute URLs, HTTP/1.0, upgrades and two requests at once', async () => {
    const app = await buildApp(make, {});
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const lines = [
      'GET http://127.0.0.1/status HTTP/1.1\r\nHost: a\r\nConnection: close',
      'GET /status HTTP/1.0',
      'GET /status HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket',
      'GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /status HTTP/1.1\r\nHost: a\r\nConnection: close',
      'GET /status HTTP/1.1\r\nHost: inside.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0',
    ];
    for (const line of lines) {
      const answer = await exchange(port, `${line}\r\n\r\n`);
      expect(answer).toContain(' 401 ');
      expect(answer.includes(secret), line).toBe(false);
    }
    await app.close();
  });
});

/** What comes back before the other side closes, or within a second. */
async function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setTimeout(500, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', reject).on('close', () => {
      resolve(answer);
    });
  });
}

describe.each(fastifyVersions)('D.14 a 404 stays a 404, %s', (_name, make) => {
  it('where the URL is public, and tells nothing of other URLs', async () => {
    const app = await buildApp(make, {});
    const ask = (url: string, authorization?: string): Promise<{ statusCode: number; body: string }> =>
      app.inject({ url, ...(authorization !== undefined && { headers: { authorization } }) });
    const missing = await ask('/docs/a/b/c?x=1');
    expect(JSON.parse(missing.body)).toEqual({
      message: 'Route GET:/docs/a/b/c?x=1 not found',
      error: 'Not Found',
      statusCode: 404,
    });
    // A guarded route and none are told apart by nobody without a token.
    const [route, none] = [await ask('/status'), await ask('/nowhere')];
    expect([route.statusCode, route.body]).toEqual([none.statusCode, none.body]);
    expect((await ask('/docs/a/b/c', 'Bearer a.bad.token')).statusCode).toBe(401);
    await app.close();
  });
});

describe.each(fastifyVersions)('D.14 a handler for what is not found, %s', (_name, make) => {
  it.each([
    ['no token', undefined, 404, 0],
    ['a bad one', 'Bearer a.bad.token', 401, 0],
    ['a good one', goodToken, 200, 1],
  ])('runs behind a public route for known callers alone: %s', async (_what, authorization, status, runs) => {
    let count = 0;
    const app = make();
    await app.register(guard.authMiddleware, { ...guard.options, publicRoutes: ['GET /maybe'] });
    app.get('/maybe', (_request, reply) => {
      reply.callNotFound();
    });
    app.setNotFoundHandler((_request, reply) => {
      count += 1;
      return reply.code(200).send({ secret });
    });
    const headers = authorization === undefined ? {} : { authorization };
    expect((await app.inject({ url: '/maybe', headers })).statusCode).toBe(status);
    await app.close();
    expect(count).toBe(runs);
  });
});

describe.each(fastifyVersions)('D.14 the ID that the service gives a request, %s', (_name, make) => {
  const idOf = async (options: FastifyServerOptions, headers: Record<string, string>): Promise<unknown> => {
    const app = make(options);
    await app.register(guard.authMiddleware, { ...guard.options, publicRoutes: ['GET /open'] });
    app.get('/open', (request) => ({
      id: (request as unknown as { correlationId: string }).correlationId,
    }));
    const answer = await app.inject({ url: '/open', headers });
    await app.close();
    expect(answer.headers['x-correlation-id']).toBe(answer.json<{ id: string }>().id);
    return answer.headers['x-correlation-id'];
  };
  const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown;

  it.each<[string, FastifyServerOptions, Record<string, string>, unknown]>([
    ['of genReqId', { genReqId: () => 'trace-7' }, {}, 'trace-7'],
    ['of its trace header', { requestIdHeader: 'x-trace-id' }, { 'x-trace-id': 'trace-8' }, 'trace-8'],
    ["after the caller's own", { genReqId: () => 'trace-7' }, { 'x-correlation-id': 'c-1' }, 'c-1'],
    ['not one that counts', {}, {}, uuid],
    ['not one that is unsafe', { genReqId: () => 'a b' }, {}, uuid],
  ])('is the correlation ID: %s', async (_what, options, headers, expected) => {
    expect(await idOf(options, headers)).toEqual(expected);
  });
});

describe.each(fastifyVersions)('A.1 another hand at the mark, %s', (_name, make) => {
  const marks: readonly (readonly [string, unknown])[] = [
    ['undefined', undefined],
    ['an empty object', {}],
    ['false', false],
    ['an empty text', ''],
    ['0', 0],
    ['a session', { userId: 'mallory' }],
  ];
  const places = ['before', 'after', 'child'] as const;

  it.each(marks.flatMap(([what, mark]) => places.map((place) => [what, place, mark] as const)))(
    '%s, written by a hook that was added %s the middleware',
    async (_what, place, mark) => {
      const app = make();
      const write = (on: FastifyInstance): void => {
        on.addHook('onRequest', (request, _reply, next) => {
          (request as unknown as Record<string, unknown>)['us' + 'er'] = mark;
          next();
        });
      };
      if (place === 'before') write(app);
      await app.register(guard.authMiddleware, { ...guard.options, publicRoutes: [] });
      if (place === 'after') write(app);
      await app.register((child, _options, done) => {
        if (place === 'child') write(child);
        child.get('/secret', (request, reply) =>
          reply.send({ secret, user: (request as unknown as { user: unknown }).user }),
        );
        done();
      });
      expect((await app.inject({ url: '/secret' })).statusCode).toBe(401);
      await app.close();
    },
  );

  it('A.1 logs the clash once, and the routes get the verified user', async () => {
    const lines: string[] = [];
    const app = make({ logger: { level: 'error', stream: { write: (line: string) => lines.push(line) } } });
    app.addHook('onRequest', (request, _reply, next) => {
      Object.assign(request, { user: { userId: 'mallory' } });
      next();
    });
    await app.register(guard.authMiddleware, { ...guard.options, publicRoutes: [] });
    app.get('/me', (request) => (request as unknown as { user: object }).user);
    for (let call = 0; call < 3; call += 1) {
      const { body } = await app.inject({ url: '/me', headers: { authorization: goodToken } });
      expect(JSON.parse(body)).toMatchObject({ userId: 'ada' });
    }
    expect(lines.filter((line) => line.includes('is also written by something else'))).toHaveLength(1);
    await app.close();
  });

  it('A.6a is no proof in contexts where the request is not decorated, with the hook on the plugin alone', async () => {
    const app = make();
    const later: { authenticate?: (request: unknown, reply: unknown) => Promise<unknown> } = {};
    await app.register((early, _options, done) => {
      early.addHook('onRequest', async (request, reply) => later.authenticate?.(request, reply));
      early.get('/secret', answerSecret);
      done();
    });
    await app.register(guard.authMiddleware, guard.options);
    Object.assign(later, { authenticate: (app as unknown as typeof later).authenticate });
    expect((await app.inject({ url: '/secret' })).statusCode).toBe(401);
    await app.close();
  });
});

describe.each(fastifyVersions)('A.3 the proof at start, %s', (_name, make) => {
  const inner = async (app: FastifyInstance): Promise<void> => {
    await app.register(guard.authMiddleware, { ...guard.options, publicRoutes: ['GET /health'] });
    app.get('/inside', answerSecret);
  };
  const outside: readonly (readonly [string, (app: FastifyInstance) => unknown, string])[] = [
    ['a route of the parent, before', (app) => app.get('/a/:id', answerSecret).register(inner), 'GET /a/:id'],
    ['a route of the parent, after', (app) => app.register(inner).post('/b', answerSecret), 'POST /b'],
    [
      'a route of a sibling',
      (app) =>
        app.register(inner).register(
          (sibling, _options, done) => {
            sibling.get('/', answerSecret);
            sibling.get('/c', answerSecret);
            done();
          },
          { prefix: '/sibling' },
        ),
      'GET /sibling/c',
    ],
    [
      'a listed route of the parent',
      (app) => app.register(inner).get('/health', answerSecret),
      'GET /health',
    ],
    [
      'one with constraints',
      (app) =>
        app
          .register(inner)
          .route({ method: 'GET', url: '/d', constraints: { version: '1.0.0' }, handler: answerSecret }),
      'GET /d',
    ],
    ['a wildcard', (app) => app.register(inner).get('/files/*', answerSecret), 'GET /files/*'],
    [
      'one of two wildcards',
      (app) =>
        app
          .register((scope: FastifyInstance) => inner(scope).then(() => scope.get('/z/*', answerSecret)))
          .get('/files/*', answerSecret),
      'GET /files/*',
    ],
    [
      'what @fastify/cors adds beside it',
      (app) => app.register(inner).options('*', answerSecret).get('/e', answerSecret),
      'GET /e',
    ],
    [
      'one with a regular expression',
      (app) => app.register(inner).get('/n/:id(^\\d+$)', answerSecret),
      'GET /n/:id(^\\d+$)',
    ],
  ];

  it.each(outside)('refuses %s, by name', async (_what, build, named) => {
    const app = make();
    void build(app);
    await expect(start(app)).rejects.toThrow(named);
    await app.close();
  });

  it('is not fooled by a hook of another name, or by what looks like ours', async () => {
    const app = make();
    app.addHook('onRequest', function guard(_request, _reply, next) {
      next();
    });
    void app.register(inner);
    app.get('/x', answerSecret);
    await expect(start(app)).rejects.toThrow('GET /x');
    await app.close();
  });

  it('holds for 500 routes in four layers, and refuses the one that is outside', async () => {
    const build = async (isOutside: boolean): Promise<void> => {
      const app = make();
      void app.register(async (layer) => {
        await inner(layer);
        for (let index = 0; index < 125; index += 1) {
          await layer.register(
            (child, _options, done) => {
              child.get('/', answerSecret);
              child.post('/:id', answerSecret);
              child.get('/:id/parts/*', answerSecret);
              child.delete('/:id/parts/:part', answerSecret);
              done();
            },
            { prefix: `/r${String(index)}` },
          );
        }
      });
      if (isOutside) app.get('/r7/:id/other', answerSecret);
      try {
        await start(app);
      } finally {
        await app.close();
      }
    };
    await build(false);
    await expect(build(true)).rejects.toThrow('GET /r7/:id/other');
  });

  const variants: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    ['a version', '/open', { version: '2.0.0' }],
    ['a host', '/open', { host: 'inside.test' }],
    ['a version below a public prefix', '/docs/page', { version: '2.0.0' }],
    ['a version, by another name of the parameter', '/items/:other', { version: '2.0.0' }],
  ];
  it.each(variants.flatMap((variant) => [false, true].map((early) => [...variant, early] as const)))(
    'A.4 refuses a public route that %s makes another one: %s %j, registered before it: %s',
    async (_what, url, constraints, early) => {
      const app = make();
      const add = (): unknown => app.route({ method: 'GET', url, constraints, handler: answerSecret });
      app.get('/items/:id', answerOpen);
      if (early) add();
      await app.register(guard.authMiddleware, {
        ...guard.options,
        publicRoutes: ['GET /open', 'GET /docs/*', 'GET /items/:id'],
      });
      if (!early) add();
      await expect(start(app)).rejects.toThrow('is public, and so are its constraints');
      await app.close();
    },
  );

  it('A.3 opens and guards alike what comes before the middleware is loaded', async () => {
    const app = make();
    // Not awaited: the routes are there before the plugin is.
    void app.register(guard.authMiddleware, { ...guard.options, publicRoutes: ['GET /health'] });
    app.get('/health', answerOpen);
    app.post('/health', answerSecret);
    app.get('/secret', answerSecret);
    const status = async (method: 'GET' | 'POST', url: string): Promise<number> =>
      (await app.inject({ method, url })).statusCode;
    expect([await status('GET', '/health'), await status('POST', '/health')]).toEqual([200, 401]);
    expect(await status('GET', '/secret')).toBe(401);
    await app.close();
  });

  it('A.5 refuses CORS that comes after it, and takes it before', async () => {
    const cors = fp(
      (_app, _options, done) => {
        done();
      },
      { name: '@fastify/cors' },
    );
    const late = make();
    await late.register(guard.authMiddleware, { ...guard.options, publicRoutes: [] });
    await late.register(cors);
    await expect(start(late)).rejects.toThrow('@fastify/cors is registered after it');
    await late.close();

    const early = make();
    await early.register(cors);
    await early.register(guard.authMiddleware, { ...guard.options, publicRoutes: [] });
    await start(early);
    await early.close();
  });
});

async function start(app: FastifyInstance): Promise<void> {
  await app.ready();
}

describe.each(fastifyVersions)('13a, %s', (_name, make) => {
  it('one logger for all requests gathers nobody’s correlation ID', async () => {
    const lines: Record<string, unknown>[] = [];
    const app = make({
      logger: {
        stream: { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
      },
      disableRequestLogging: true,
    });
    const shared = app.log.child({ shared: true });
    app.setChildLoggerFactory(() => shared);
    await app.register(guard.authMiddleware, { ...guard.options, publicRoutes: ['GET /health'] });
    app.get('/health', (request, reply) => {
      request.log.info('asked');
      return reply.send({});
    });
    for (const id of ['request-1', 'request-2']) {
      await app.inject({ url: '/health', headers: { 'x-correlation-id': id } });
    }
    shared.info('of nobody');
    expect(lines.map(({ correlationId, msg }) => [msg, correlationId])).toEqual([
      ['asked', 'request-1'],
      ['asked', 'request-2'],
      ['of nobody', undefined],
    ]);
    await app.close();
  });

  it('says so when production would ask this host', async () => {
    const lines: string[] = [];
    const build = async (options: { baseUrl?: string }): Promise<void> => {
      const app = make({ logger: { stream: { write: (line: string) => lines.push(line) } } });
      await app.register(guard.authMiddleware, options);
      await app.ready();
      await app.close();
    };
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await build({ baseUrl: 'https://auth.test' });
      expect(lines).toEqual([]);
      await build({});
      expect(lines.join('')).toContain('is AUTH_SERVICE_URL missing?');
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });
});
