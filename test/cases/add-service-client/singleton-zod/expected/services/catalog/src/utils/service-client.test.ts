import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type Answer, hangUp, json, silence, StubServer } from '@/test/test-kit';
import { type RequestOptions, ServiceClient, ServiceClientError, type ServiceClientOptions } from '@/utils/service-client';

const service = new StubServer();
const clients: ServiceClient[] = [];

beforeAll(() => service.start());
beforeEach(() => {
  service.answer(json(200, { ok: true }));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => service.stop());

function createClient(options: Partial<ServiceClientOptions> = {}): ServiceClient {
  const client = new ServiceClient({ baseUrl: service.origin, retry: false, ...options });
  clients.push(client);
  return client;
}

async function errorOf(call: Promise<unknown>): Promise<ServiceClientError> {
  const error = await call.catch((reason: unknown) => reason);
  if (!(error instanceof ServiceClientError)) throw error;
  return error;
}

describe('service client, requests', () => {
  it('sends and reads JSON by each method, below the path of the base URL', async () => {
    const client = createClient({ baseUrl: `${service.origin}/api/` });
    await client.get('/users', { query: { page: 2, q: 'a&b', none: undefined } });
    for (const method of ['post', 'put', 'patch'] as const) await client[method]('/users', {});
    const { status, data } = await client.delete('/users/7');
    expect([status, data]).toEqual([200, { ok: true }]);
    expect(service.received.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['GET', '/api/users?page=2&q=a%26b', ''],
      ['POST', '/api/users', '{}'],
      ['PUT', '/api/users', '{}'],
      ['PATCH', '/api/users', '{}'],
      ['DELETE', '/api/users/7', ''],
    ]);
  });

  it('sends its headers and a correlation ID, a new one where that is not safe', async () => {
    const client = createClient({ headers: { 'X-Service': 'test' } });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const options: RequestOptions = { correlationId: 'request-123', headers: { traceparent } };
    await client.post('/', {}, { ...options, idempotencyKey: 'order-1' });
    await client.get('/', { correlationId: 'a\nb' });
    const [first, second] = service.received.map(({ headers }) => headers);
    const names = ['x-service', 'x-correlation-id', 'idempotency-key', 'traceparent'];
    const sent = names.map((name) => first?.[name]);
    expect(sent).toEqual(['test', 'request-123', 'order-1', traceparent]);
    expect(String(second?.['x-correlation-id'])).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses paths that leave the base URL and headers that would break the request', async () => {
    const client = createClient({ baseUrl: `${service.origin}/api` });
    for (const path of ['//evil.test/x', 'users', '/../admin', '/a%2f..%2fb', '/a\r\nX: y'])
      await expect(client.get(path)).rejects.toMatchObject({ name: 'TypeError' });
    for (const headers of [{ 'x-a': 'b\r\nx-c: d' }, { 'x a': 'b' }, { Host: 'evil.test' }])
      await expect(client.get('/', { headers })).rejects.toMatchObject({ name: 'TypeError' });
    expect([service.received.length, client.getCircuitStats().totalCalls]).toEqual([0, 0]);
  });
});

describe('service client, errors', () => {
  const html = json(200, '<p>', { 'content-type': 'text/html' });
  const rows: readonly (readonly [string, Answer, string, number])[] = [
    ['a status that is no success', json(404, { secret: 1 }), 'http (status 404)', 0],
    ['a redirect', json(302, {}, { location: 'http://127.0.0.1:1/' }), 'http (status 302)', 0],
    ['an answer that is not JSON', html, 'invalid_response (status 200)', 0],
    ['an answer that is too large', json(200, 'x'.repeat(20_000)), 'invalid_response', 1],
    ['a server error', json(500, { secret: 1 }), 'http (status 500)', 1],
    ['a dropped connection', hangUp, 'network', 1],
    ['no answer in time', silence, 'timeout', 1],
  ];
  for (const [what, answer, reason, failures] of rows) {
    it(`rejects with nothing secret for ${what}, and counts ${String(failures)}`, async () => {
      service.answer(answer);
      const timeout = answer === silence ? 50 : 5_000;
      const client = createClient({ maxResponseBytes: 10_000, timeout });
      const headers = { authorization: 'Bearer secret' };
      const error = await errorOf(client.get('/secret', { correlationId: 'request-1', headers }));
      expect(error.message).toBe(`Call to ${new URL(service.origin).host} failed: ${reason}`);
      expect([error.kind, error.correlationId]).toEqual([reason.replace(/ .*/, ''), 'request-1']);
      expect(client.getCircuitStats().failures).toBe(failures);
    });
  }

  it('opens its circuit on failures, rejects calls while it is open, and recovers', async () => {
    let now = 0;
    const circuitBreakerOptions = { failureThreshold: 3, timeout: 100, clock: () => now };
    const client = createClient({ circuitBreakerOptions });
    service.answer(json(500, {}));
    const kinds: string[] = [];
    for (let call = 0; call < 4; call += 1) kinds.push((await errorOf(client.post('/'))).kind);
    expect(kinds).toEqual(['http', 'http', 'http', 'circuit_open']);
    expect([service.received.length, client.refuseForMs()]).toEqual([3, 100]);

    now = 100;
    service.answer(json(200, {}));
    for (let call = 0; call < 2; call += 1) await client.post('/');
    expect(client.getCircuitStats().state).toBe('CLOSED');
  });
});

describe('service client, retries', () => {
  const [ok, busy] = [json(200, {}), json(503, {})];
  const rows: readonly (readonly [string, Answer[], RequestOptions | undefined, number])[] = [
    ['repeats a GET as often as it may', [busy, hangUp, busy, ok], undefined, 3],
    ['does not repeat what will not change', [json(500, {})], undefined, 1],
    ['does not repeat a POST', [busy, ok], {}, 1],
    ['repeats a POST with an idempotency key', [busy, ok], { idempotencyKey: 'order-1' }, 2],
    ['repeats a POST that is idempotent', [busy, ok], { idempotent: true }, 2],
  ];
  for (const [title, answers, post, requests] of rows) {
    it(title, async () => {
      const client = createClient({ retry: { maxRetries: 2, baseDelayMs: 1, maxDelayMs: 2 } });
      service.answer(...answers);
      const call = post === undefined ? client.get('/') : client.post('/', {}, post);
      await call.catch(() => undefined);
      expect([service.received.length, client.getCircuitStats().totalCalls]).toEqual([requests, 1]);
    });
  }
});
