import { join } from 'node:path';

import auth from '@fastify/auth';
import Fastify, {
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { deleteGeneratedRepo } from '../helpers/generated-repo.ts';
import { materialize } from '../helpers/materialize.ts';
import { runCommand } from '../helpers/run-command.ts';

declare module 'fastify' {
  interface FastifyInstance {
    authenticate: (request: FastifyRequest) => Promise<unknown>;
  }
}

const user = 'services/user-service';
const root = materialize('auth-alternatives', {
  fixture: 'npm-workspaces',
  args: [],
  files: {
    [`${user}/package.json`]: (text) =>
      text.replace('"dependencies": {', '"dependencies": {\n    "@fastify/auth": "^5.0.0",'),
  },
});
const apps: FastifyInstance[] = [];
let authMiddleware: FastifyPluginCallback<Readonly<Record<string, unknown>>>;
let lines = '';
/** Milliseconds for which the circuit is open. */
let openMs = 0;

beforeAll(async () => {
  const args = ['--target', 'user', '--protect', 'all', '--public', 'none', '--no-format'];
  await runCommand({ generator: 'add-auth-middleware', args }, root);
  const file = join(root, user, 'src/middleware/auth.middleware.ts');
  ({ authMiddleware } = (await import(file)) as { authMiddleware: typeof authMiddleware });
});
afterEach(async () => {
  lines = '';
  openMs = 0;
  await Promise.all(apps.splice(0).map((app) => app.close()));
});
afterAll(() => {
  deleteGeneratedRepo('auth-alternatives');
});

const client = {
  refuseForMs: () => openMs,
  getCircuitStats: () => ({}),
  post: (_path: string, { token }: { token: string }) =>
    Promise.resolve({ status: 200, data: { valid: token === 'good', userId: 'ada' } }),
  close: () => Promise.resolve(),
};

async function build(
  prepare: (app: FastifyInstance) => unknown,
  options: FastifyServerOptions = {},
  own: Readonly<Record<string, unknown>> = {},
): Promise<FastifyInstance> {
  const write = (line: string): void => {
    lines += line;
  };
  const app = Fastify({ logger: { level: 'debug', stream: { write } }, ...options });
  apps.push(app);
  await prepare(app);
  await app.register(authMiddleware, { connect: () => client, serviceSecret: '', ...own });
  return app;
}

function byKey({ headers }: FastifyRequest): Promise<void> {
  return headers['x-api-key'] === 'key' ? Promise.resolve() : Promise.reject(new Error('no key'));
}

const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

describe('the decorator among the functions of @fastify/auth', () => {
  const routes = (app: FastifyInstance): void => {
    app.get('/either', { onRequest: app.auth([app.authenticate, byKey]) }, () => 'ok');
    app.get('/last', { onRequest: app.auth([byKey, app.authenticate]) }, () => 'ok');
    app.get('/both', { onRequest: app.auth([app.authenticate, byKey], { relation: 'and' }) }, () => 'ok');
    app.get('/alone', { onRequest: app.authenticate }, () => 'ok');
    app.get('/broken', () => {
      throw Object.assign(new Error('broken'), { statusCode: 418 });
    });
  };

  it('lets the next function decide, and leaves nothing of its refusal', async () => {
    const app = await build((one) => one.register(auth));
    routes(app);
    const answer = await app.inject({ url: '/either', headers: { 'x-api-key': 'key' } });
    expect([answer.statusCode, answer.body]).toEqual([200, 'ok']);
    expect(answer.headers['www-authenticate']).toBeUndefined();
    const both = { ...bearer('good'), 'x-api-key': 'key' };
    for (const [url, headers, status] of [
      ['/either', bearer('good'), 200],
      ['/either', bearer('bad'), 401],
      ['/both', both, 200],
      ['/both', { 'x-api-key': 'key' }, 401],
      ['/both', bearer('good'), 401],
    ] as const)
      expect((await app.inject({ url, headers })).statusCode, `${url} ${JSON.stringify(headers)}`).toBe(
        status,
      );
  });

  it.each([
    ['Fastify', undefined],
    ['the application', (error: Error) => ({ own: error.message })],
  ])('answers as it does without them where errors are handled by %s', async (_, handler) => {
    const app = await build(async (one) => {
      if (handler !== undefined)
        one.setErrorHandler((error: Error, _request, reply) => reply.code(418).send(handler(error)));
      await one.register(auth);
    });
    routes(app);
    for (const url of ['/last', '/alone']) {
      const refused = await app.inject({ url, headers: bearer('bad') });
      expect([refused.statusCode, refused.json()]).toEqual([401, { error: 'Invalid or expired token' }]);
      expect(refused.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    }
    openMs = 1_500;
    const open = await app.inject({ url: '/last', headers: bearer('good') });
    const error = 'Authentication service temporarily unavailable. Please try again later.';
    expect([open.statusCode, open.json(), open.headers['retry-after']]).toEqual([503, { error }, '2']);
    const broken = await app.inject('/broken');
    expect(broken.statusCode).toBe(418);
    expect(broken.json()).toMatchObject(handler === undefined ? { message: 'broken' } : { own: 'broken' });
  });

  it('guards every route, and what is not found, where the list of public routes is given', async () => {
    const app = await build((one) => one.register(auth), {}, { publicRoutes: ['GET /open'] });
    app.get('/open', () => 'ok');
    app.get('/closed', () => 'ok');
    expect((await app.inject('/open')).statusCode).toBe(200);
    for (const url of ['/closed', '/missing'])
      expect((await app.inject(url)).json()).toEqual({ error: 'Invalid or expired token' });
  });
});

describe('the label of request IDs in the log', () => {
  const id = 'id-of-the-caller';

  it.each([
    [{ requestIdHeader: 'x-correlation-id', requestIdLogLabel: 'traceId' }, { traceId: id }],
    [{ requestIdHeader: 'x-correlation-id' }, { reqId: id, correlationId: id }],
    [{ requestIdLogLabel: 'traceId' }, { traceId: 'req-1', correlationId: id }],
  ])('is honoured: %j', async (options, expected) => {
    const app = await build(() => undefined, options);
    app.get('/', (request) => {
      lines = '';
      request.log.info('in the route');
      return lines;
    });
    const { body } = await app.inject({ url: '/', headers: { 'x-correlation-id': id } });
    const { reqId, traceId, correlationId } = JSON.parse(body) as Readonly<Record<string, string>>;
    expect({ reqId, traceId, correlationId }).toEqual({
      reqId: undefined,
      traceId: undefined,
      correlationId: undefined,
      ...expected,
    });
  });
});
