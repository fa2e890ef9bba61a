import { inspect } from 'node:util';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type Answer, hangUp, json, silence, StubServer } from '../../../templates/_shared/test-kit.ts';
import type * as Client from '../../../templates/add-service-client/service-client.ts';
import type { Load } from './consumer-parts.ts';

type ServiceClient = Client.ServiceClient;
type ServiceClientError = Client.ServiceClientError;
type ServiceClientOptions = Client.ServiceClientOptions;

const text = (status: number, type: string, body: string): Answer => {
  return (response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };
};

/** What the tests that users get leave out of the client. `retry`: it has that part. */
export function describeClientParts(load: Load, retry = true): void {
  const service = new StubServer();
  const clients: ServiceClient[] = [];
  let client: typeof Client;
  const seen = service.received;

  beforeAll(async () => {
    client = (await load('utils/service-client.ts')) as typeof Client;
    await service.start();
  });
  beforeEach(() => {
    service.answer(json(200, { ok: true }));
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  afterAll(() => service.stop());

  function createClient(options: Partial<ServiceClientOptions> = {}): ServiceClient {
    const made = new client.ServiceClient({ baseUrl: service.origin, timeout: 2_000, ...options });
    clients.push(made);
    return made;
  }

  async function errorOf(call: Promise<unknown>): Promise<ServiceClientError> {
    const error = await call.catch((reason: unknown) => reason);
    if (!(error instanceof client.ServiceClientError)) throw error;
    return error;
  }

  /** Resolves when the connections of all requests seen are closed; fails after a second. */
  async function connectionsClosed(): Promise<void> {
    const giveUpAt = Date.now() + 1_000;
    while (seen.some(({ socket }) => !socket.destroyed)) {
      if (Date.now() > giveUpAt) throw new Error('a connection is still open');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  describe('service client, beyond its own tests', () => {
    it('uses the method that it is called by', async () => {
      const client = createClient();
      await client.get('/');
      await client.delete('/');
      await client.post('/');
      await client.put('/', {});
      await client.patch('/', {});
      expect(seen.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'POST', 'PUT', 'PATCH']);
    });

    it('joins the path of the base URL, the path and the query', async () => {
      const client = createClient({ baseUrl: `${service.origin}/api/` });
      await client.get('/users', { query: { page: 2, q: 'a&b', none: undefined } });
      await client.get('/users?x=1', { query: { y: true } });
      await client.get('/users', { query: {} });
      expect(seen.map(({ url }) => url)).toEqual([
        '/api/users?page=2&q=a%26b',
        '/api/users?x=1&y=true',
        '/api/users',
      ]);
    });

    it('reads +json, and gives undefined for an empty answer', async () => {
      const client = createClient();
      service.answer(text(200, 'application/problem+json; charset=utf-8', '{"a":1}'));
      expect((await client.get('/')).data).toEqual({ a: 1 });
      service.answer((response) => response.writeHead(204).end());
      expect((await client.get('/')).data).toBeUndefined();
    });

    it('sends JSON as such, and no type without a body', async () => {
      const client = createClient();
      service.answer(json(201, { id: 7 }));
      expect(await client.post('/users', { name: 'Ada' })).toMatchObject({ status: 201, data: { id: 7 } });
      await client.get('/users');
      expect(seen.map(({ headers, body }) => [headers['content-type'], body])).toEqual([
        ['application/json', '{"name":"Ada"}'],
        [undefined, ''],
      ]);
    });

    it('takes a correlation ID from the headers, and the option before it', async () => {
      const client = createClient();
      const headers = { 'X-Correlation-ID': 'of-the-headers' };
      await client.get('/', { headers });
      await client.get('/', { headers, correlationId: 'of-the-option' });
      const ids = seen.map(({ headers }) => headers['x-correlation-id']);
      expect(ids).toEqual(['of-the-headers', 'of-the-option']);
    });

    it('passes correlation ID, traceparent and headers on, and replaces an ID that is not safe', async () => {
      const client = createClient({ headers: { 'X-Service': 'test', 'X-None': undefined } });
      const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      await client.get('/', { correlationId: 'request-123', headers: { traceparent } });
      await client.get('/', { correlationId: 'bad\nid', headers: { traceparent: 'nonsense' } });
      expect(seen[0]?.headers['x-correlation-id']).toBe('request-123');
      expect(seen[0]?.headers['traceparent']).toBe(traceparent);
      expect(seen[0]?.headers['x-service']).toBe('test');
      expect(String(seen[1]?.headers['x-correlation-id'])).toMatch(/^[0-9a-f-]{36}$/);
      expect(seen[1]?.headers['traceparent']).toBeUndefined();
    });

    it('waits for calls in flight before it closes, and makes none after that', async () => {
      const client = createClient();
      service.answer((response, request) => {
        setTimeout(json(200, { late: true }), 50, response, request);
      });
      const call = client.get('/');
      await client.close();
      expect((await call).data).toEqual({ late: true });
      expect((await errorOf(client.get('/'))).kind).toBe('network');
      expect(seen.length).toBe(1);
    });

    it('closes when the last call has run out of time, whatever the service does', async () => {
      const client = createClient();
      service.answer(silence);
      const call = errorOf(client.get('/', { timeout: 100 }));
      const startedAt = performance.now();
      await client.close();
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      expect((await call).kind).toBe('timeout');
      await connectionsClosed();
    });

    it('takes a time limit that is longer than a timer can be', async () => {
      const { status } = await createClient({ timeout: 10 ** 10 }).get('/');
      expect(status).toBe(200);
    });

    it('refuses paths that leave the base URL, before anything is sent', async () => {
      const client = createClient({ baseUrl: `${service.origin}/api` });
      const paths = [
        '//evil.test/x',
        'http://evil.test/',
        'users',
        '',
        '/../admin',
        '/a/%2e%2e/b',
        '/a%2f..%2fb',
      ];
      for (const path of [...paths, '/a\\..\\b', '/a\r\nX: y', '/a b', '/a#b', '/.', '/ü']) {
        await expect(client.get(path)).rejects.toMatchObject({ name: 'TypeError' });
      }
      expect(seen.length).toBe(0);
      expect(client.getCircuitStats().totalCalls).toBe(0);
    });

    it('refuses headers that would break the request', async () => {
      const client = createClient();
      for (const headers of [{ 'x-a': 'b\r\nx-c: d' }, { 'x a': 'b' }, { Host: 'evil.test' }]) {
        await expect(client.get('/', { headers })).rejects.toMatchObject({ name: 'TypeError' });
      }
      const idempotencyKey = 'a\r\nb';
      await expect(client.post('/', {}, { idempotencyKey })).rejects.toMatchObject({ name: 'TypeError' });
      expect(seen.length).toBe(0);
    });

    it('says which option is wrong, and how', async () => {
      expect(() => createClient({ baseUrl: 'ftp://127.0.0.1' })).toThrow(
        /baseUrl must be an http or https URL without credentials/,
      );
      expect(() => createClient({ baseUrl: 'http://user@127.0.0.1' })).toThrow(/without credentials/);
      expect(() => createClient({ baseUrl: 'http://:secret@127.0.0.1' })).toThrow(/without credentials/);
      expect(() => createClient({ timeout: 0 })).toThrow(/timeout must be finite and above 0, got 0/);
      expect(() => createClient({ maxResponseBytes: -1 })).toThrow(
        /maxResponseBytes must be finite and above 0, got -1/,
      );
      expect(() => createClient({ headers: { 'bad name': 'x' } })).toThrow(
        /The header "bad name" cannot be sent/,
      );
      await expect(createClient().get('no-slash')).rejects.toMatchObject({
        message: 'The path must begin with one "/" and stay below the base URL',
      });
      expect(seen.length).toBe(0);
    });

    it('leaves to the transport what is its business', async () => {
      const reserved = [
        'Connection',
        'content-length',
        'Expect',
        'host',
        'keep-alive',
        'transfer-encoding',
        'upgrade',
      ];
      for (const name of reserved) {
        const call = createClient().get('/', { headers: { [name]: '1' } });
        await expect(call).rejects.toMatchObject({ name: 'TypeError' });
      }
      expect(seen.length).toBe(0);
    });

    it('passes no traceparent on that is not one', async () => {
      const trace = `${'a'.repeat(32)}-${'b'.repeat(16)}`;
      const wrong = [
        `00-${trace}-01x`,
        `x00-${trace}-01`,
        `ff-${trace}-01`,
        `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
      ];
      for (const traceparent of [...wrong, `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`]) {
        seen.length = 0;
        await createClient().get('/', { headers: { traceparent } });
        expect(seen[0]?.headers['traceparent']).toBeUndefined();
      }
      const started = `00-0${'a'.repeat(31)}-0${'b'.repeat(15)}-01`;
      await createClient().get('/', { headers: { traceparent: started } });
      expect(seen[1]?.headers['traceparent']).toBe(started);
    });

    it('refuses options that make no sense', async () => {
      expect(() => createClient({ baseUrl: 'ftp://127.0.0.1' })).toThrow(TypeError);
      expect(() => createClient({ baseUrl: 'http://user:secret@127.0.0.1' })).toThrow(TypeError);
      expect(() => createClient({ timeout: 0 })).toThrow(RangeError);
      expect(() => createClient({ maxResponseBytes: Number.NaN })).toThrow(RangeError);
      if (retry) expect(() => createClient({ retry: { maxRetries: -1 } })).toThrow(RangeError);
      await expect(createClient().get('/', { timeout: -1 })).rejects.toMatchObject({ name: 'RangeError' });
    });

    it('says in one line what failed, and keeps the cause', async () => {
      const { host } = new URL(service.origin);
      service.answer(json(404, {}));
      const refused = await errorOf(createClient().get('/'));
      expect(refused.name).toBe('ServiceClientError');
      expect(refused.message).toBe(`Call to ${host} failed: http (status 404)`);
      expect((refused as { cause?: unknown }).cause).toBeUndefined();
      service.answer(hangUp);
      const broken = await errorOf(createClient().post('/', {}));
      expect(broken.message).toBe(`Call to ${host} failed: network`);
      expect((broken as { cause?: unknown }).cause instanceof Error).toBe(true);
      expect(String(broken.stack)).toContain('\n    at ');
    });

    it('keeps the JSON of an error, where no logger looks', async () => {
      const secret = { error: 'No such invoice', iban: 'DE89' };
      for (const status of [302, 404, 503]) {
        service.answer(json(status, secret));
        const error = await errorOf(createClient({ retry: false }).get('/'));
        expect([error.kind, error.body]).toEqual(['http', secret]);
        const visible = [JSON.stringify(error), inspect(error), ...Object.values(error).map(String)];
        expect(visible.join(' ')).not.toMatch(/DE89|No such/);
      }
      for (const answer of [text(404, 'text/html', '<p>'), text(404, 'application/json', '{"a":')]) {
        service.answer(answer);
        const error = await errorOf(createClient().get('/'));
        expect([error.kind, error.status, error.body]).toEqual(['http', 404, undefined]);
      }
    });

    it('takes JSON by its type only', async () => {
      for (const type of [
        'application/json; charset=utf-8',
        'Application/JSON',
        'application/problem+json',
      ]) {
        service.answer(text(200, type, '{"ok":true}'));
        expect((await createClient().get('/')).data).toEqual({ ok: true });
      }
      service.answer(text(200, 'application/json', '\uFEFF{"ok":true}'));
      expect((await createClient().get('/')).data).toEqual({ ok: true });
      for (const type of ['text/json', 'x-application/json', 'application/jsonp', 'application/json-seq']) {
        service.answer(text(200, type, '{"ok":true}'));
        expect((await errorOf(createClient().get('/'))).kind).toBe('invalid_response');
      }
    });

    it('parses no JSON that is nested deeper than anybody means it', async () => {
      const long = 'a "[" in a text '.repeat(2_000);
      service.answer(json(200, { long }));
      expect((await createClient().get<{ long: string }>('/')).data.long).toBe(long);
      service.answer(text(200, 'application/json', '['.repeat(10_000) + ']'.repeat(10_000)));
      expect((await errorOf(createClient().get('/'))).kind).toBe('invalid_response');
    });

    it('does not follow redirects', async () => {
      service.answer((response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
      const error = await errorOf(createClient().get('/'));
      expect([error.kind, error.status]).toEqual(['http', 302]);
      expect(seen.length).toBe(1);
    });

    it('refuses HTML and broken JSON at 200', async () => {
      for (const answer of [text(200, 'text/html', '<p>hi</p>'), text(200, 'application/json', '{"a":')]) {
        service.answer(answer);
        expect((await errorOf(createClient().get('/'))).kind).toBe('invalid_response');
      }
    });

    it('refuses a body that is too large, announced or not', async () => {
      const large = Buffer.alloc(200_000, 'x');
      for (const announced of [true, false]) {
        service.answer((response) => {
          response.writeHead(200, announced ? { 'content-length': large.length } : {});
          response.end(large);
        });
        const error = await errorOf(createClient({ maxResponseBytes: 100_000 }).get('/'));
        expect(error.kind).toBe('invalid_response');
      }
      await connectionsClosed();
    });

    it('ends a call at its deadline and closes the socket', async () => {
      service.answer(silence);
      const startedAt = performance.now();
      const error = await errorOf(createClient({ timeout: 60 }).get('/'));
      expect(error.kind).toBe('timeout');
      expect(performance.now() - startedAt).toBeLessThan(500);
      await connectionsClosed();
    });

    it('counts the reading of the body in', async () => {
      service.answer((response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"a":');
      });
      expect((await errorOf(createClient().get('/', { timeout: 60 }))).kind).toBe('timeout');
      await connectionsClosed();
    });

    it('honours the signal of the caller, before and during a call', async () => {
      const client = createClient();
      const early = await errorOf(client.get('/', { signal: AbortSignal.abort() }));
      expect(early.kind).toBe('aborted');
      expect(seen.length).toBe(0);

      service.answer(silence);
      const controller = new AbortController();
      const call = errorOf(client.get('/', { signal: controller.signal }));
      setTimeout(() => {
        controller.abort();
      }, 20);
      expect((await call).kind).toBe('aborted');
      expect(client.getCircuitStats().failures).toBe(0);
      await connectionsClosed();
    });

    it('puts one listener on a signal, however many calls have it, and takes it away again', async () => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error): number => warnings.push(warning);
      process.on('warning', onWarning);
      const client = createClient();
      const controller = new AbortController();
      const { signal } = controller;
      const calls = Array.from({ length: 20 }, () => client.get('/', { signal }));
      for (const { status } of await Promise.all(calls)) expect(status).toBe(200);

      service.answer(silence);
      const cancelled = Array.from({ length: 20 }, () => errorOf(client.get('/', { signal })));
      while (seen.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort();
      for (const { kind } of await Promise.all(cancelled)) expect(kind).toBe('aborted');
      process.off('warning', onWarning);
      expect(warnings).toEqual([]);
    });
  });

  describe('circuit of the service client', () => {
    const circuitBreakerOptions = { failureThreshold: 3, successThreshold: 2, timeout: 100 };

    async function callTimes(client: ServiceClient, times: number): Promise<string[]> {
      const kinds: string[] = [];
      for (let call = 0; call < times; call += 1) {
        kinds.push(
          await client.post('/', {}).then(
            () => 'ok',
            (error: unknown) => (error as ServiceClientError).kind,
          ),
        );
      }
      return kinds;
    }

    it('opens on 5xx, answers at once while open, and recovers', async () => {
      const changes: object[] = [];
      const states: string[] = [];
      const client = createClient({
        circuitBreakerOptions: { ...circuitBreakerOptions, onStateChange: ({ to }) => states.push(to) },
        logger: { debug: () => undefined, warn: (details) => changes.push(details) },
      });
      service.answer(json(500, {}));
      expect(await callTimes(client, 4)).toEqual(['http', 'http', 'http', 'circuit_open']);
      expect(seen.length).toBe(3);
      const error = await errorOf(client.get('/'));
      expect(error.retryAfterMs ?? 0).toBeGreaterThan(0);
      expect(error.retryAfterMs ?? 0).toBeLessThanOrEqual(100);
      expect(client.refuseForMs()).toBeGreaterThan(0);
      expect(client.getCircuitStats().rejections).toBe(3);

      service.answer(json(200, {}));
      await new Promise((resolve) => setTimeout(resolve, 120));
      expect(await callTimes(client, 2)).toEqual(['ok', 'ok']);
      expect(client.getCircuitStats().state).toBe('CLOSED');
      expect(states).toEqual(['OPEN', 'HALF_OPEN', 'CLOSED']);
      expect(changes.length).toBe(3);
    });

    it('takes 4xx, and 2xx without JSON, for a healthy service', async () => {
      const client = createClient({ circuitBreakerOptions });
      const refusals = [400, 401, 403, 404, 422, 429].map((status) => json(status, {}));
      for (const answer of [
        ...refusals,
        text(200, 'text/html', '<p>'),
        text(200, 'application/json', '{"a":'),
      ]) {
        service.answer(answer);
        await callTimes(client, 4);
      }
      expect(client.getCircuitStats().state).toBe('CLOSED');
      expect(client.getCircuitStats().failures).toBe(0);
    });

    it('opens on dropped connections and timeouts', async () => {
      for (const answer of [hangUp, silence]) {
        service.answer(answer);
        const client = createClient({ circuitBreakerOptions, timeout: 50 });
        await callTimes(client, 3);
        expect(client.getCircuitStats().state).toBe('OPEN');
      }
    });

    it('is closed by a reset', async () => {
      const client = createClient({
        circuitBreakerOptions: { ...circuitBreakerOptions, failureThreshold: 1 },
      });
      service.answer(json(500, {}), json(200, {}));
      expect(await callTimes(client, 2)).toEqual(['http', 'circuit_open']);
      client.resetCircuit();
      expect(await callTimes(client, 1)).toEqual(['ok']);
    });

    it('stays open as long as a 503 asks for, in seconds or as a date, at most five minutes', async () => {
      const date = new Date(Date.now() + 60_000).toUTCString();
      const waits: number[] = [];
      for (const header of ['60', date, '86400']) {
        const client = createClient({
          circuitBreakerOptions: { ...circuitBreakerOptions, failureThreshold: 1 },
        });
        service.answer(json(503, {}, { 'retry-after': header }));
        await callTimes(client, 1);
        const { nextAttemptAt = 0 } = client.getCircuitStats();
        waits.push(Math.round((nextAttemptAt - Date.now()) / 10_000));
      }
      expect(waits).toEqual([6, 6, 30]);
    });

    it('heeds no Retry-After that makes no sense', async () => {
      for (const header of ['1x', 'x1', 'soon', '0', 'Thu, 01 Jan 1970 00:00:00 GMT']) {
        service.answer(json(429, {}, { 'retry-after': header }));
        expect((await errorOf(createClient({ retry: false }).get('/'))).retryAfterMs).toBeUndefined();
      }
    });
  });

  if (!retry) return;
  describe('retries of the service client', () => {
    const retry = { maxRetries: 2, baseDelayMs: 1, maxDelayMs: 2 };

    it('repeats a GET after a temporary failure, and counts it once', async () => {
      const retries: object[] = [];
      const logger = { debug: (details: object) => retries.push(details), warn: () => undefined };
      const client = createClient({ retry, logger });
      service.answer(json(503, {}), hangUp, json(200, { ok: true }));
      expect((await client.get('/')).data).toEqual({ ok: true });
      expect(seen.length).toBe(3);
      expect(retries.length).toBe(2);
      expect(client.getCircuitStats().failures).toBe(0);
      expect(client.getCircuitStats().totalCalls).toBe(1);
    });

    it('repeats what says that it is temporary, as often as it may', async () => {
      for (const status of [429, 502, 503, 504]) {
        seen.length = 0;
        service.answer(json(status, {}));
        await errorOf(createClient({ retry }).get('/'));
        expect(seen.length).toBe(3);
      }
    });

    it('tells what it repeats', async () => {
      const lines: unknown[] = [];
      const logger = {
        debug: (details: object, message: string) => lines.push([message, details]),
        warn: () => undefined,
      };
      service.answer(json(503, {}), json(200, {}));
      await createClient({ retry: { ...retry, baseDelayMs: 0 }, logger }).get('/', { correlationId: 'c-1' });
      const details = { service: new URL(service.origin).host, attempt: 0, delayMs: 0, correlationId: 'c-1' };
      expect(lines).toEqual([['Retrying a call', details]]);
    });

    it('repeats a POST with an idempotency key, and no PATCH without', async () => {
      service.answer(json(503, {}), json(200, {}));
      await createClient({ retry }).post('/', {}, { idempotencyKey: 'order-1' });
      expect(seen.length).toBe(2);
      seen.length = 0;
      service.answer(json(503, {}));
      await errorOf(createClient({ retry }).patch('/', {}));
      expect(seen.length).toBe(1);
    });

    it('does not repeat what will not change', async () => {
      for (const status of [400, 404, 500]) {
        seen.length = 0;
        service.answer(json(status, {}));
        await errorOf(createClient({ retry }).get('/'));
        expect(seen.length).toBe(1);
      }
      seen.length = 0;
      await errorOf(createClient({ retry: false }).get('/', { query: { fails: true } }));
      expect(seen.length).toBe(1);
    });

    it('keeps its retries within a fifth of the calls', async () => {
      const client = createClient({ retry, circuitBreakerOptions: { failureThreshold: 1_000 } });
      service.answer(json(503, {}));
      for (let call = 0; call < 50; call += 1) await errorOf(client.get('/'));
      expect(seen.length - 50).toBeLessThanOrEqual(50 * 0.2);
      expect(seen.length - 50).toBeGreaterThan(2);
      seen.length = 0;
      const stingy = createClient({ retry: { ...retry, budgetRatio: 0 } });
      await errorOf(stingy.get('/'));
      expect(seen.length).toBe(1);
    });

    it('waits as long as it is asked to, but never past the deadline', async () => {
      const client = createClient({ retry });
      service.answer(json(429, {}, { 'retry-after': '60' }));
      const startedAt = performance.now();
      expect((await errorOf(client.get('/'))).retryAfterMs).toBe(60_000);
      expect(seen.length).toBe(1);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    });

    it('stops waiting when the caller gives up', async () => {
      const client = createClient({ retry });
      service.answer(json(429, {}, { 'retry-after': '1' }));
      const controller = new AbortController();
      const call = errorOf(client.get('/', { signal: controller.signal }));
      setTimeout(() => {
        controller.abort();
      }, 50);
      expect((await call).kind).toBe('aborted');
      expect(seen.length).toBe(1);
    });
  });
}
