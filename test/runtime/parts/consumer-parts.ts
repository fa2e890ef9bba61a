import { getEventListeners, once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import Fastify, {
  type FastifyInstance,
  type FastifyPluginCallback,
  type LightMyRequestResponse,
} from 'fastify';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { describeBreakerParts } from './breaker-parts.ts';
import { describeClientParts } from './client-parts.ts';
import { describeMiddlewareParts } from './middleware-parts.ts';
import { plainLogger } from './plain-logger.ts';

/** Loads a generated module of the consumer by its path below `src`. */
export type Load = (path: string) => Promise<unknown>;

type Constructor = new (...args: never[]) => object;
type Loaded<Name extends string> = Readonly<Record<Name, new (...args: unknown[]) => never>>;

const message = (make: () => unknown): string => {
  try {
    make();
    return '';
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
};

/** What the tests that users get leave out of the parts of a client: messages, bounds and bookkeeping. */
export function describeConsumerParts(load: Load): void {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  describeBreakerParts(load);
  describeClientParts(load);
  describeMiddlewareParts(load);

  describe('retry policy', () => {
    interface Policy {
      onCall(): void;
      next(attempt: number, retryAfterMs: number | undefined, remainingMs: number): number | undefined;
    }
    let RetryPolicy: new (options?: object) => Policy;
    beforeAll(async () => {
      ({ RetryPolicy } = (await load('utils/retry-policy.ts')) as { RetryPolicy: typeof RetryPolicy });
    });

    it.each(['maxRetries', 'baseDelayMs', 'maxDelayMs', 'budgetRatio'])(
      'names %s when it is wrong',
      (name) => {
        const wanted = `RangeError: retry.${name} must be a number of at least 0, got -1`;
        expect(message(() => new RetryPolicy({ [name]: -1 }))).toBe(wanted);
        expect(message(() => new RetryPolicy({ [name]: 0 }))).toBe('');
      },
    );

    it('doubles the bound of a delay up to its maximum', () => {
      vi.spyOn(Math, 'random').mockReturnValue(1);
      const policy = new RetryPolicy({ maxRetries: 9, baseDelayMs: 100, maxDelayMs: 500 });
      expect([0, 1, 2, 3].map((attempt) => policy.next(attempt, undefined, 10_000))).toEqual([
        100, 200, 400, 500,
      ]);
    });

    it('gives up after the last retry, and when the delay would take all the time that is left', () => {
      vi.spyOn(Math, 'random').mockReturnValue(1);
      expect(new RetryPolicy({ maxRetries: 2 }).next(2, undefined, 10_000)).toBeUndefined();
      expect(new RetryPolicy({ baseDelayMs: 100 }).next(0, undefined, 100)).toBeUndefined();
      expect(new RetryPolicy({ baseDelayMs: 100 }).next(0, undefined, 101)).toBe(100);
    });

    it('lends the first retries and has them paid back', () => {
      const policy = new RetryPolicy({ maxRetries: 1, budgetRatio: 1, baseDelayMs: 0 });
      const next = (): boolean => policy.next(0, undefined, 1_000) !== undefined;
      expect([next(), next()]).toEqual([true, false]);
      policy.onCall();
      expect(next()).toBe(false);
      policy.onCall();
      expect([next(), next()]).toEqual([true, false]);
    });

    it('saves up ten retries at most', () => {
      const policy = new RetryPolicy({ maxRetries: 99, budgetRatio: 1, baseDelayMs: 0 });
      for (let call = 0; call < 50; call += 1) policy.onCall();
      const given = Array.from({ length: 20 }, () => policy.next(0, undefined, 1_000));
      expect(given.filter((delay) => delay !== undefined)).toHaveLength(10);
    });
  });

  describe('call deadline', () => {
    interface Deadline {
      onCancel(cancel: (error: Error) => void): void;
      readonly reason: string | undefined;
      readonly remainingMs: number;
      end(): void;
      cancel(reason: string): void;
    }
    let CallDeadline: new (timeoutMs: number, signal?: AbortSignal) => Deadline;
    beforeAll(async () => {
      ({ CallDeadline } = (await load('utils/call-deadline.ts')) as { CallDeadline: typeof CallDeadline });
    });

    it('tells the time that is left, and never less than none', async () => {
      const deadline = new CallDeadline(20);
      expect(deadline.remainingMs).toBeLessThanOrEqual(20);
      await new Promise((done) => setTimeout(done, 30));
      expect(deadline.remainingMs).toBe(0);
      expect(deadline.reason).toBe('timeout');
      deadline.end();
    });

    it('lets go of the signal and of what it would cancel', () => {
      const { signal } = new AbortController();
      const deadline = new CallDeadline(1_000, signal);
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      const told: Error[] = [];
      deadline.onCancel((error) => told.push(error));
      deadline.end();
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      deadline.cancel('aborted');
      expect(told).toEqual([]);
    });

    it('keeps the first reason, with or without somebody to tell', () => {
      const deadline = new CallDeadline(1_000);
      deadline.cancel('aborted');
      const told: string[] = [];
      deadline.onCancel(({ message }) => told.push(message));
      deadline.cancel('timeout');
      expect([deadline.reason, ...told]).toEqual(['aborted', 'Cancelled: aborted', 'Cancelled: aborted']);
      deadline.end();
    });
  });

  describe('service client error', () => {
    let ServiceClientError: new (kind: string, text: string, details: object) => Error;
    beforeAll(async () => {
      ({ ServiceClientError } = (await load('utils/service-client-error.ts')) as {
        ServiceClientError: typeof ServiceClientError;
      });
    });
    const details = { service: 'x', correlationId: 'y' };

    it('has a stack unless the circuit is open, and leaves the limit as it was', () => {
      const limit = Error.stackTraceLimit;
      expect(new ServiceClientError('network', 'text', details).stack).toMatch(/\n +at /);
      expect(new ServiceClientError('circuit_open', 'text', details).stack).not.toMatch(/\n +at /);
      expect(Error.stackTraceLimit).toBe(limit);
    });

    it('has a cause where there is one', () => {
      const cause = new Error('why');
      expect(new ServiceClientError('network', 'text', { ...details, cause }).cause).toBe(cause);
      expect('cause' in new ServiceClientError('network', 'text', details)).toBe(false);
    });
  });

  describe('claim cache', () => {
    interface Cache {
      get(token: string): object | null | undefined;
      set(token: string, claims: object | null): object | null;
    }
    let ClaimCache: new (options: object) => Cache;
    beforeAll(async () => {
      ({ ClaimCache } = (await load('utils/claim-cache.ts')) as { ClaimCache: typeof ClaimCache });
    });
    const tokenOf = (claims: unknown): string =>
      `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

    it.each(['ttlMs', 'maxEntries'])('names %s when it is wrong', (name) => {
      const wanted = `RangeError: ${name} must be finite and above 0, got 0`;
      expect(message(() => new ClaimCache({ ttlMs: 1, [name]: 0 }))).toBe(wanted);
    });

    it('keeps as many of each kind as it may', () => {
      const cache = new ClaimCache({ ttlMs: 1_000, maxEntries: 2, clock: () => 0, now: () => 0 });
      for (const token of ['a', 'b', 'c']) cache.set(token, {});
      for (const token of ['x', 'y', 'z']) cache.set(token, null);
      expect(['a', 'b', 'c'].map((token) => cache.get(token))).toEqual([undefined, {}, {}]);
      expect(['x', 'y', 'z'].map((token) => cache.get(token))).toEqual([undefined, null, null]);
    });

    it('ends with the token, where that says when', () => {
      let now = 0;
      const cache = new ClaimCache({ ttlMs: 1e9, clock: () => 0, now: () => now });
      const ending = tokenOf({ exp: 60 });
      const endless = [tokenOf({}), tokenOf({ exp: '60' }), tokenOf(null), tokenOf('exp'), 'no-jwt', 'a.b'];
      for (const token of [ending, ...endless]) cache.set(token, {});
      now = 59_999;
      expect(cache.get(ending)).toEqual({});
      now = 60_000;
      expect(cache.get(ending)).toBeUndefined();
      for (const token of endless) expect(cache.get(token)).toEqual({});
    });
  });

  describe('http transport', () => {
    interface Transport {
      send(request: object, body: null, deadline: object): Promise<{ status: number; text: string }>;
      close(): Promise<void>;
    }
    let HttpTransport: new (origin: string, maxBytes: number) => Transport;
    let CallDeadline: Constructor & Loaded<'x'>['x'];
    let server: Server | undefined;
    let transport: Transport | undefined;
    beforeAll(async () => {
      ({ HttpTransport } = (await load('utils/http-transport.ts')) as {
        HttpTransport: typeof HttpTransport;
      });
      ({ CallDeadline } = (await load('utils/call-deadline.ts')) as { CallDeadline: typeof CallDeadline });
    });
    afterEach(async () => {
      await transport?.close();
      server?.closeAllConnections();
      server?.close();
    });

    async function exchange(maxBytes: number, listener: RequestListener): Promise<unknown> {
      server = createServer(listener).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      transport = new HttpTransport(`http://127.0.0.1:${String(port)}`, maxBytes);
      const deadline = new CallDeadline(2_000, undefined) as unknown as { reason?: string; end(): void };
      const request = { method: 'GET', path: '/', headers: {} };
      try {
        return (await transport.send(request, null, deadline)).text;
      } catch {
        return deadline.reason;
      } finally {
        deadline.end();
      }
    }

    it('takes a body up to its bound, whether the length is announced or not', async () => {
      expect(await exchange(4, (_, response) => response.end('1234'))).toBe('1234');
      await transport?.close();
      const inParts: RequestListener = (_, response) => {
        response.write('12');
        setTimeout(() => response.end('34'), 20);
      };
      expect(await exchange(4, inParts)).toBe('1234');
    });

    it('refuses a longer one at its announcement, and at the byte that is too many', async () => {
      let sent = false;
      const announced: RequestListener = (_, response) => {
        response.writeHead(200, { 'content-length': '5' });
        response.flushHeaders();
        setTimeout(() => {
          sent = true;
        }, 300);
      };
      expect(await exchange(4, announced)).toBe('invalid_response');
      expect(sent).toBe(false);
      await transport?.close();
      const inParts: RequestListener = (_, response) => {
        response.write('123');
        setTimeout(() => response.end('45'), 20);
      };
      expect(await exchange(4, inParts)).toBe('invalid_response');
    });

    it('passes over answers that only announce one', async () => {
      const hinting: RequestListener = (_, response) => {
        response.writeEarlyHints({ link: '</x>; rel=preload' });
        response.end('late');
      };
      expect(await exchange(100, hinting)).toBe('late');
    });
  });

  describe('service client', () => {
    interface Client {
      get(path: string, options?: object): Promise<{ data: unknown }>;
      post(path: string, body?: unknown, options?: object): Promise<{ data: unknown }>;
      close(): Promise<void>;
    }
    let ServiceClient: new (options: object) => Client;
    let server: Server | undefined;
    let client: Client | undefined;
    beforeAll(async () => {
      ({ ServiceClient } = (await load('utils/service-client.ts')) as {
        ServiceClient: typeof ServiceClient;
      });
    });
    afterEach(async () => {
      await client?.close();
      server?.closeAllConnections();
      server?.close();
    });

    async function connect(listener: RequestListener, options: object = {}, path = ''): Promise<Client> {
      server = createServer(listener).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      client = new ServiceClient({ baseUrl: `http://127.0.0.1:${String(port)}${path}`, ...options });
      return client;
    }
    const failing: RequestListener = (_, response) => response.writeHead(500).end();

    it('logs and tells that its circuit changed, whoever listens', async () => {
      const logged: unknown[] = [];
      const told: unknown[] = [];
      const logger = { warn: (...line: unknown[]) => logged.push(line), debug: () => undefined };
      const circuitBreakerOptions = {
        failureThreshold: 1,
        onStateChange: (change: unknown) => told.push(change),
      };
      const open = await connect(failing, { logger, retry: false, circuitBreakerOptions });
      await open.get('/').catch(() => undefined);
      const change = { circuit: expect.stringContaining('127.0.0.1') as string, from: 'CLOSED', to: 'OPEN' };
      expect(logged).toEqual([[change, 'Circuit changed state']]);
      expect(told).toMatchObject([{ from: 'CLOSED', to: 'OPEN' }]);
    });

    it('needs neither a logger nor a listener', async () => {
      const open = await connect(failing, { retry: false, circuitBreakerOptions: { failureThreshold: 1 } });
      await open.get('/').catch(() => undefined);
      await expect(open.get('/')).rejects.toMatchObject({ kind: 'circuit_open' });
    });

    it.each(['ftp://x', 'xhttp://x', 'httpx://x', 'http://user@x', 'http://:secret@x'])(
      'does not call %s',
      (baseUrl) => {
        expect(message(() => new ServiceClient({ baseUrl }))).toBe(
          'TypeError: baseUrl must be an http or https URL without credentials',
        );
      },
    );

    it('joins its path and that of a call with one slash', async () => {
      const echo: RequestListener = (request, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(request.url));
      const { data } = await (await connect(echo, {}, '/api//')).get('/users');
      expect(data).toBe('/api/users');
    });

    it('names the number that is wrong', async () => {
      const open = await connect(failing);
      const wanted = { name: 'RangeError', message: 'timeout must be finite and above 0, got 0' };
      await expect(open.get('/', { timeout: 0 })).rejects.toMatchObject(wanted);
    });

    it('does not repeat what will not get better', async () => {
      let calls = 0;
      const refusing: RequestListener = (_, response) => {
        calls += 1;
        response.writeHead(404).end();
      };
      await (await connect(refusing, { retry: { baseDelayMs: 0 } })).get('/').catch(() => undefined);
      expect(calls).toBe(1);
    });

    it('repeats as often as it is told to, and no more', async () => {
      let calls = 0;
      const busy: RequestListener = (_, response) => {
        calls += 1;
        response.writeHead(502).end();
      };
      await (
        await connect(busy, { retry: { maxRetries: 2, baseDelayMs: 0 } })
      )
        .get('/')
        .catch(() => undefined);
      expect(calls).toBe(3);
    });

    it.each(['', 'soon', '1 second', '+1', '-5', '0'])(
      'takes no advice from Retry-After: %s',
      async (value) => {
        const busy: RequestListener = (_, response) =>
          response.writeHead(503, { 'retry-after': value }).end();
        const open = await connect(busy, { retry: false });
        await expect(open.get('/')).rejects.toMatchObject({ retryAfterMs: undefined });
      },
    );

    it('sends no headers that are about a body where there is none', async () => {
      let headers: Readonly<Record<string, unknown>> = {};
      const remember: RequestListener = (request, response) => {
        ({ headers } = request);
        response.writeHead(204).end();
      };
      await (await connect(remember)).post('/');
      expect(headers).toMatchObject({ accept: 'application/json' });
      expect(headers).not.toHaveProperty('content-type');
      expect(headers).not.toHaveProperty('idempotency-key');
      await expect(client?.post('/', {}, { idempotencyKey: 'a\nb' })).rejects.toMatchObject({
        message: 'The idempotency key cannot be sent',
      });
    });
  });

  describe('auth middleware', () => {
    type Middleware = FastifyPluginCallback<object>;
    let authMiddleware: Middleware;
    let app: FastifyInstance | undefined;
    let auth: Server | undefined;
    beforeAll(async () => {
      ({ authMiddleware } = (await load('middleware/auth.middleware.ts')) as { authMiddleware: Middleware });
    });
    afterEach(async () => {
      await app?.close();
      auth?.closeAllConnections();
      auth?.close();
      for (const name of ['SERVICE_AUTH_SECRET', 'AUTH_SERVICE_URL'])
        Reflect.deleteProperty(process.env, name);
    });

    async function build(
      answer: RequestListener,
      lines: Parameters<typeof plainLogger>[0] = [],
    ): Promise<FastifyInstance> {
      auth = createServer(answer).listen(0, '127.0.0.1');
      await once(auth, 'listening');
      process.env['AUTH_SERVICE_URL'] = `http://127.0.0.1:${String((auth.address() as AddressInfo).port)}`;
      app = Fastify({ loggerInstance: plainLogger(lines) });
      await app.register(authMiddleware, {});
      const guarded = app as FastifyInstance & { authenticate: (...args: unknown[]) => Promise<void> };
      app.addHook('onRequest', (request, reply) => guarded.authenticate(request, reply));
      app.get('/me', (request) => ({ user: Reflect.get(request, 'user') as unknown }));
      return app;
    }
    const ask = (from: FastifyInstance, token = 'a.b.c'): Promise<LightMyRequestResponse> =>
      from.inject({ url: '/me', headers: { authorization: `Bearer ${token}`, 'x-correlation-id': 'id-1' } });
    const ada = JSON.stringify({ valid: true, userId: 'ada' });
    const json = { 'content-type': 'application/json' };

    it('takes the secret and the address from the environment, and binds the ID for any logger', async () => {
      let secret: unknown;
      process.env['SERVICE_AUTH_SECRET'] = 'between-services';
      const lines: Parameters<typeof plainLogger>[0] = [];
      const built = await build((request, response) => {
        secret = request.headers['x-service-secret'];
        response.writeHead(200, json).end(ada);
      }, lines);
      expect((await ask(built)).json()).toMatchObject({ user: { userId: 'ada' } });
      expect(secret).toBe('between-services');
      const bound = (text: string): unknown => lines.find(({ args }) => args.at(-1) === text)?.bindings;
      expect(bound('Authentication successful')).toMatchObject({ correlationId: 'id-1' });
      expect(bound('request completed')).toMatchObject({ correlationId: 'id-1' });
      expect(built.hasPlugin('auth-middleware')).toBe(true);
    });

    it('asks again when the answer does not come the first time', async () => {
      let calls = 0;
      const built = await build((_, response) => {
        calls += 1;
        if (calls === 1) response.writeHead(502).end();
        else response.writeHead(200, json).end(ada);
      });
      expect((await ask(built)).statusCode).toBe(200);
      expect(calls).toBe(2);
    });

    it.each(['null', '7', '"text"', '{"valid":true,"userId":7}'])(
      'says what is wrong with the answer %s',
      async (answer) => {
        const lines: Parameters<typeof plainLogger>[0] = [];
        const built = await build((_, response) => response.writeHead(200, json).end(answer), lines);
        expect((await ask(built)).statusCode).toBe(503);
        const failed = lines.find(({ level }) => level === 'warn');
        expect(failed?.args).toEqual([
          { kind: 'invalid_response', status: 200 },
          'Auth service is unavailable',
        ]);
      },
    );

    it('closes its connections with the application', async () => {
      const built = await build((_, response) => response.writeHead(200, json).end(ada));
      await ask(built);
      await built.close();
      const client = Reflect.get(built, 'authServiceClient') as { get(path: string): Promise<unknown> };
      await expect(client.get('/')).rejects.toMatchObject({ kind: 'network' });
    });
  });
}
