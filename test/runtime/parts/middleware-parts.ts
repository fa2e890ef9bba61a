import { request } from 'node:http';
import type { AddressInfo } from 'node:net';

import Fastify, { type FastifyInstance, type FastifyPluginCallback, type FastifyRequest } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type Answer, hangUp, json, StubServer } from '../../../templates/_shared/test-kit.ts';
import type {
  ServiceClient,
  ServiceClientOptions,
} from '../../../templates/add-service-client/service-client.ts';
import type { Load } from './consumer-parts.ts';

interface AuthMiddlewareOptions {
  readonly baseUrl?: string;
  readonly timeout?: number;
  readonly verifyPath?: string;
  readonly serviceSecret?: string;
  readonly circuitBreakerOptions?: ServiceClientOptions['circuitBreakerOptions'];
  readonly connect?: (options: ServiceClientOptions) => ServiceClient;
  readonly onVerified?: (...result: unknown[]) => void;
  readonly cache?: {
    get(token: string): object | null | undefined;
    load(token: string, ask: () => Promise<object | null>): Promise<object | null>;
  };
}

interface Guarded extends FastifyInstance {
  readonly authenticate: (request: FastifyRequest) => Promise<unknown>;
  readonly authServiceClient: ServiceClient;
}

interface LogLine {
  level: number;
  msg: string;
  [key: string]: unknown;
}

interface Got {
  status: number;
  body: unknown;
  headers: Record<string, unknown>;
}

const DEBUG = 20;
const WARN = 40;
const ERROR = 50;
const INVALID = { error: 'Invalid or expired token' };
const UNAVAILABLE = {
  error: 'Authentication service temporarily unavailable. Please try again later.',
};
const ADA = { valid: true, userId: 'ada', email: 'ada@acme.test', tenantId: 'acme' };

const later = (delayMs: number, reply: Answer): Answer => {
  return (response, request) => {
    setTimeout(() => {
      reply(response, request);
    }, delayMs);
  };
};
const html: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
};

/** What the tests that users get leave out of the middleware: bounds, options, log lines and callers that leave. */
export function describeMiddlewareParts(load: Load): void {
  describe('auth middleware, beyond its own tests', () => {
    const authService = new StubServer();
    const apps: FastifyInstance[] = [];
    let authMiddleware: FastifyPluginCallback<AuthMiddlewareOptions>;
    let log: LogLine[] = [];
    let rawLog = '';

    beforeAll(async () => {
      ({ authMiddleware } = (await load('middleware/auth.middleware.ts')) as {
        authMiddleware: typeof authMiddleware;
      });
      await authService.start();
    });
    beforeEach(() => {
      authService.answer(json(200, ADA));
      log = [];
      rawLog = '';
    });
    afterEach(async () => {
      for (const app of apps.splice(0)) await app.close();
    });
    afterAll(() => authService.stop());

    function write(line: string): void {
      rawLog += line;
      log.push(JSON.parse(line) as LogLine);
    }

    async function registerOn(app: FastifyInstance, options: AuthMiddlewareOptions): Promise<void> {
      await app.register(authMiddleware, { baseUrl: authService.origin, serviceSecret: '', ...options });
    }

    async function buildApp(options: AuthMiddlewareOptions = {}): Promise<Guarded> {
      const app = Fastify({ forceCloseConnections: true, logger: { level: 'debug', stream: { write } } });
      apps.push(app);
      await registerOn(app, options);
      const tell = (request: object): object => ({
        user: Reflect.get(request, 'user') as unknown,
        id: Reflect.get(request, 'correlationId') as unknown,
      });
      app.get('/open', tell);
      await app.register((guarded, _options, done) => {
        guarded.addHook('onRequest', (guarded as unknown as Guarded).authenticate);
        guarded.get('/me', tell);
        done();
      });
      return app as unknown as Guarded;
    }

    async function get(
      app: FastifyInstance,
      authorization?: string,
      more: { url?: string; correlationId?: string } = {},
    ): Promise<Got> {
      const { url = '/me', correlationId } = more;
      const headers: Record<string, string> = {};
      if (authorization !== undefined) headers['authorization'] = authorization;
      if (correlationId !== undefined) headers['x-correlation-id'] = correlationId;
      const response = await app.inject({ method: 'GET', url, headers });
      return { status: response.statusCode, body: response.json(), headers: response.headers };
    }

    function logged(level: number, message: string): LogLine[] {
      return log.filter((line) => line.level === level && line.msg.startsWith(message));
    }

    it('takes a user without email and tenant', async () => {
      authService.answer(json(200, { valid: true, userId: 'robot', email: 7, tenantId: null }));
      const { status, body } = await get(await buildApp(), 'bearer   a.good.token');

      expect(status).toBe(200);
      expect((body as { user: unknown }).user).toEqual({ userId: 'robot' });
    });

    it('refuses a missing, empty, malformed or oversized token without a call', async () => {
      const app = await buildApp();
      const headers = [
        'Bearer',
        'Bearer ',
        'Basic YWRh',
        'Bearer two tokens',
        'Bearer a,b',
        'token',
        'No Bearer token',
      ];
      for (const header of [undefined, ...headers, `Bearer ${'a'.repeat(8_193)}`]) {
        const { status, body, headers: answered } = await get(app, header);
        expect(status).toBe(401);
        expect(body).toEqual(INVALID);
        expect(answered['www-authenticate']).toBe('Bearer');
      }
      expect(authService.received.length).toBe(0);
    });

    it('asks through the client that it is given, made with all that its own would get', async () => {
      const asked: unknown[] = [];
      const client = {
        refuseForMs: () => 0,
        post: (path: string, body: unknown) => {
          asked.push([path, body]);
          return Promise.resolve({ status: 200, headers: {}, data: ADA });
        },
        close: () => Promise.resolve(),
      };
      const connect: AuthMiddlewareOptions['connect'] = ({ timeout, headers }) => {
        asked.push([timeout, headers?.['x-service-secret']]);
        return client as unknown as ReturnType<NonNullable<AuthMiddlewareOptions['connect']>>;
      };
      const app = await buildApp({ connect, serviceSecret: 'secret-1' });
      const { status } = await get(app, 'Bearer a.good.token');
      expect(status).toBe(200);
      expect(asked).toEqual([
        [5_000, 'secret-1'],
        ['/auth/verify', { token: 'a.good.token' }],
      ]);
      expect(authService.received.length).toBe(0);
    });

    it('asks about a token of 8192 characters', async () => {
      const { status } = await get(await buildApp(), `Bearer ${'a'.repeat(8_192)}`);

      expect(status).toBe(200);
    });

    it('refuses what the auth service refuses, by status or by body', async () => {
      const app = await buildApp();
      const no = { valid: false, error: 'Token has expired', code: 'expired' };
      for (const [index, refusal] of [json(401, no), json(200, no)].entries()) {
        authService.answer(refusal);
        const { status, body, headers } = await get(app, `Bearer an.old.token${String(index)}`);
        expect(status).toBe(401);
        expect(body).toEqual(INVALID);
        expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"');
      }
    });

    it('takes nothing but its own word for a verified token', async () => {
      const app = Fastify();
      apps.push(app);
      // Made before: in its context the request has no such member.
      await app.register((early, _options, done) => {
        early.get('/early', () => ({}));
        done();
      });
      await registerOn(app, {});
      app.addHook('onRequest', (app as unknown as Guarded).authenticate);
      app.addHook('onRequest', (request, _reply, next) => {
        Object.assign(request, { user: request.headers['x-session'] === undefined ? undefined : {} });
        next();
      });
      app.get('/late', () => ({}));

      for (const url of ['/early', '/late']) {
        for (const headers of [{}, { 'x-session': 'stranger' }]) {
          expect((await app.inject({ url, headers })).statusCode).toBe(401);
        }
      }
    });

    it('answers 503 when it fails, and tells no more', async () => {
      const app = await buildApp({ circuitBreakerOptions: { failureThreshold: 100 } });
      const failures: Answer[] = [
        json(429, {}),
        json(500, { error: 'secret detail' }),
        json(503, {}),
        json(302, {}, { location: `${authService.origin}/elsewhere` }),
        json(400, {}),
        json(403, {}),
        json(404, {}),
        html,
        hangUp,
        json(200, { valid: 'true', userId: 'ada' }),
        json(200, { valid: true }),
        json(200, { valid: true, userId: '' }),
        json(200, { valid: true, userId: 7 }),
        json(200, null),
        json(200, []),
        json(200, {}),
      ];
      for (const failure of failures) {
        authService.answer(failure);
        const { status, body, headers } = await get(app, 'Bearer a.good.token');
        expect(status).toBe(503);
        expect(body).toEqual(UNAVAILABLE);
        expect(headers['retry-after']).toBeUndefined();
      }
      const refusals = logged(ERROR, 'Auth service refuses to verify tokens: check AUTH_SERVICE_URL');
      expect(refusals.map(({ status }) => status)).toEqual([400, 403, 404]);
      const warnings = logged(WARN, 'Auth service is unavailable');
      expect(warnings.length).toBe(failures.length - 3);
      expect([warnings[1]?.['kind'], warnings[1]?.['status']]).toEqual(['http', 500]);
      expect(warnings.slice(-1).map(({ kind }) => kind)).toEqual(['invalid_response']);
    });

    it('answers 503 when it is not there', async () => {
      const app = await buildApp({ baseUrl: 'http://127.0.0.1:9' });

      expect((await get(app, 'Bearer a.good.token')).status).toBe(503);
    });

    it('passes on how long it asks to wait', async () => {
      authService.answer(json(503, {}, { 'retry-after': '60' }));
      const { headers } = await get(await buildApp(), 'Bearer a.good.token');

      expect(String(headers['retry-after'])).toBe('60');
    });

    it('fails the start when what it is given is no URL', async () => {
      await expect(buildApp({ baseUrl: 'auth-service:3001' })).rejects.toMatchObject({ name: 'TypeError' });
    });

    it('answers 500 for a mistake of its own, without detail', async () => {
      const app = await buildApp({ verifyPath: 'not a path' });
      const { status, body } = await get(app, 'Bearer a.good.token');

      expect(status).toBe(500);
      expect(body).toEqual({ error: 'Internal server error' });
      const [line] = logged(ERROR, 'Authentication failed');
      expect(typeof (line?.['err'] as { message?: unknown } | undefined)?.message).toBe('string');
    });

    it('opens after three failures, says when to come back, and recovers', async () => {
      let now = 0;
      const app = await buildApp({ circuitBreakerOptions: { clock: () => now } });
      authService.answer(json(500, {}));
      for (let call = 0; call < 3; call += 1) await get(app, 'Bearer a.good.token');
      authService.answer(json(200, ADA));

      const { status, body, headers } = await get(app, 'Bearer a.good.token');
      expect(status).toBe(503);
      expect(body).toEqual(UNAVAILABLE);
      expect(String(headers['retry-after'])).toBe('30');
      expect(authService.received.length).toBe(0);
      const [line] = logged(ERROR, 'Auth service circuit breaker is open');
      const stats = line?.['circuitStats'] as Record<string, unknown> | undefined;
      expect(stats?.['state']).toBe('OPEN');
      expect(stats?.['consecutiveFailures']).toBe(3);
      expect(typeof stats?.['lastFailureTime']).toBe('number');
      expect(app.authServiceClient.getCircuitStats().rejections).toBe(1);
      expect((await get(app)).status).toBe(401);

      now = 29_999;
      expect(String((await get(app, 'Bearer a.good.token')).headers['retry-after'])).toBe('1');
      now = 30_000;
      expect((await get(app, 'Bearer a.good.token')).status).toBe(200);
      expect(app.authServiceClient.getCircuitStats().state).toBe('HALF_OPEN');
      expect((await get(app, 'Bearer another.good.token')).status).toBe(200);
      expect(app.authServiceClient.getCircuitStats().state).toBe('CLOSED');
    });

    it('never takes one token for another', async () => {
      const app = await buildApp();
      authService.answer((response, request) => {
        const { token } = JSON.parse(request.body) as { token: string };
        json(200, { valid: true, userId: `user ${token}` })(response, request);
      });
      const tokens = Array.from({ length: 50 }, (_, index) => `same.length.${String(100 + index)}`);
      const got = await Promise.all(tokens.map((token) => get(app, `Bearer ${token}`)));

      got.forEach(({ body }, index) => {
        const { user } = body as { user: { userId: string } };
        expect(user.userId).toBe(`user ${tokens[index] ?? ''}`);
      });
    });

    it('does not keep a failure', async () => {
      const app = await buildApp();
      authService.answer(json(500, {}));
      const failed = await Promise.all([1, 2, 3].map(() => get(app, 'Bearer a.good.token')));
      for (const { status } of failed) expect(status).toBe(503);
      expect(authService.received.length).toBe(1);
      authService.answer(json(200, ADA));

      expect((await get(app, 'Bearer a.good.token')).status).toBe(200);
      expect(authService.received.length).toBe(1);
    });

    it('serves the others when one caller goes away', async () => {
      const app = await buildApp();
      await app.listen({ port: 0, host: '127.0.0.1' });
      const { port } = app.server.address() as AddressInfo;
      authService.answer(later(100, json(200, ADA)));
      const url = `http://127.0.0.1:${String(port)}/me`;
      const headers = { authorization: 'Bearer a.good.token' };
      const leaving = request(url, { headers }).on('error', () => undefined);
      leaving.end();
      const status = new Promise<number | undefined>((resolve, reject) => {
        request(url, { headers }, (response) => {
          resolve(response.resume().statusCode);
        })
          .on('error', reject)
          .end();
      });
      setTimeout(() => {
        leaving.destroy();
      }, 30);

      expect(await status).toBe(200);
      expect(authService.received.length).toBe(1);
    });

    it('asks no more about a token that its cache knows, and each time about one that it does not', async () => {
      let known: ReturnType<NonNullable<AuthMiddlewareOptions['cache']>['get']>;
      const app = await buildApp({ cache: { get: () => known, load: (_token, ask) => ask() } });
      for (const cached of [undefined, undefined, { userId: 'bob', email: undefined, tenantId: undefined }]) {
        known = cached;
        expect((await get(app, 'Bearer a.good.token')).status).toBe(200);
      }
      known = null;
      expect((await get(app, 'Bearer a.good.token')).status).toBe(401);
      expect(authService.received.length).toBe(2);
    });

    it('logs who was let in, for tracing only', async () => {
      await get(await buildApp(), 'Bearer a.good.token', { correlationId: 'request-1' });

      const [line] = logged(DEBUG, 'Authentication successful');
      expect(line?.['userId']).toBe('ada');
      expect(line?.['tenantId']).toBe('acme');
      expect(line?.['correlationId']).toBe('request-1');
    });

    it('never logs a token or the secret', async () => {
      const app = await buildApp({ serviceSecret: 'between-services' });
      const answers = [json(200, ADA), json(401, {}), json(403, {}), json(500, {}), hangUp];
      for (const [index, next] of answers.entries()) {
        authService.answer(next);
        await get(app, `Bearer a.very.secret.token${String(index)}`);
      }
      expect(authService.received[0]?.headers['x-service-secret']).toBe('between-services');
      expect(rawLog.includes('very.secret')).toBe(false);
      expect(rawLog.includes('between-services')).toBe(false);
    });

    it('is given the result for each token', async () => {
      const results: unknown[] = [];
      const onVerified: AuthMiddlewareOptions['onVerified'] = (...result) => results.push(result);
      const app = await buildApp({ circuitBreakerOptions: { failureThreshold: 1 }, onVerified });
      const ask = async (token: string | undefined, next: Answer): Promise<void> => {
        authService.answer(next);
        await get(app, token, { correlationId: 'request-1' });
      };
      await ask(undefined, json(200, ADA));
      await ask('Bearer a.good.token', json(200, ADA));
      await ask('Bearer a.bad.token', json(401, { valid: false }));
      await ask('Bearer another.token', json(500, {}));
      await ask('Bearer another.token', json(500, {}));

      const expected = ['missing', 'valid', 'invalid', 'unavailable', 'circuit_open'];
      expect(results).toEqual(expected.map((result) => [result, false, 'request-1']));
    });

    it('changes nothing for the request when it throws, and the error is logged', async () => {
      const onVerified = (): void => {
        throw new Error('Observer is broken');
      };
      const app = await buildApp({ onVerified });
      expect((await get(app, 'Bearer a.good.token')).status).toBe(200);
      expect((await get(app)).status).toBe(401);
      expect(logged(ERROR, 'onVerified failed').length).toBe(2);
    });
  });
}
