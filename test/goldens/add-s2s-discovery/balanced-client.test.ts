import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { BalancedClient, type BalancedClientOptions } from '../src/utils/balanced-client.js';
import type { Endpoint, EndpointSource, Lookup } from '../src/utils/endpoint-source.js';
import { ServiceClientError } from '../src/utils/service-client.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const ok: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
};

/** A real server that answers as a test wants it to. */
class Backend {
  answer: Answer = ok;
  seen: IncomingMessage[] = [];
  url = '';
  readonly #server: Server = createServer((request, response) => {
    this.seen.push(request);
    this.answer(request, response);
  });

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Says what it is told to, a hundred times a second. */
class Told implements EndpointSource {
  readonly name = 'orders';
  lookups = 0;
  told: readonly Endpoint[] | Error;

  constructor(told: readonly Endpoint[] | Error) {
    this.told = told;
  }

  lookup(): Promise<Lookup> {
    this.lookups += 1;
    return this.told instanceof Error
      ? Promise.reject(this.told)
      : Promise.resolve({ endpoints: this.told, refreshMs: 10 });
  }
}

const status = (code: number, headers: Record<string, string> = {}): Answer => {
  return (_request, response) => {
    response.writeHead(code, headers).end();
  };
};
const html: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hi</p>');
};
const silence: Answer = () => undefined;
const delayed = (delayMs: number, answer: Answer = ok): Answer => {
  return (request, response) => {
    setTimeout(() => {
      answer(request, response);
    }, delayMs);
  };
};

let backends: [Backend, Backend, Backend];
const clients: BalancedClient[] = [];

function balance(source: EndpointSource, options: Partial<BalancedClientOptions> = {}): BalancedClient {
  const circuitBreakerOptions = { failureThreshold: 3, successThreshold: 1, timeout: 100 };
  const client = new BalancedClient({ timeout: 2_000, circuitBreakerOptions, retry: false, ...options, source });
  clients.push(client);
  return client;
}

/** The first `count` of the servers. */
function those(count: number): Told {
  return new Told(backends.slice(0, count).map(({ url }) => ({ url })));
}

function counts(): number[] {
  return backends.map(({ seen }) => seen.length);
}

async function errorOf(call: Promise<unknown>): Promise<ServiceClientError> {
  const error = await call.catch((reason: unknown) => reason);
  if (!(error instanceof ServiceClientError)) throw error;
  return error;
}

async function times(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index += 1) await call();
}

async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 2_000;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A port on which nobody listens. */
async function deadUrl(): Promise<string> {
  const backend = await new Backend().listen();
  await backend.close();
  return backend.url;
}

beforeEach(async () => {
  backends = [await new Backend().listen(), await new Backend().listen(), await new Backend().listen()];
});

afterEach(async () => {
  await Promise.all(backends.map((backend) => backend.close()));
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

describe('balanced client, balance', () => {
  it('gives equal endpoints equal shares', async () => {
    const client = balance(those(3));
    await times(300, () => client.get('/'));
    for (const count of counts()) {
      expect(count).toBeGreaterThan(60);
      expect(count).toBeLessThan(140);
    }
  });

  it('gives a slow endpoint less', async () => {
    const client = balance(those(3));
    backends[0].answer = delayed(60);
    backends[1].answer = delayed(2);
    backends[2].answer = delayed(2);
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => times(25, () => client.get('/'))));
    expect(backends[0].seen.length).toBeLessThan(30);
  });

  it('goes by weight, priority and zone', async () => {
    const [first, second, third] = backends;
    const weighted = balance(new Told([{ url: second.url }, { url: first.url, weight: 9 }]));
    await times(100, () => weighted.get('/'));
    expect(first.seen.length).toBeGreaterThan(70);
    expect(second.seen.length).toBeGreaterThan(0);

    const prior = balance(new Told([{ url: second.url, priority: 1 }, { url: third.url, priority: 2 }]));
    await times(10, () => prior.get('/'));
    expect(third.seen.length).toBe(0);
    second.answer = status(500);
    await times(10, () => prior.get('/'));
    expect(third.seen.length).toBe(10);

    third.answer = ok;
    const zoned = balance(new Told([{ url: first.url, zone: 'b' }, { url: third.url, zone: 'a' }]), { zone: 'a' });
    await times(10, () => zoned.get('/'));
    expect(third.seen.length).toBe(20);
  });

  it('calls by every method, with one correlation ID on all ways', async () => {
    const client = balance(those(2));
    backends[0].answer = status(500);
    backends[1].answer = status(500);
    const error = await errorOf(client.put('/', {}, { headers: { 'X-Correlation-ID': 'request-7' } }));
    const ids = backends.flatMap(({ seen }) => seen.map(({ headers }) => headers['x-correlation-id']));
    expect(ids).toEqual(['request-7', 'request-7']);
    expect(error.correlationId).toBe('request-7');
    await errorOf(client.put('/', {}));
    const made = backends.flatMap(({ seen }) => seen.slice(1).map(({ headers }) => headers['x-correlation-id']));
    expect([made.length, new Set(made).size]).toEqual([2, 1]);

    client.resetCircuit();
    for (const backend of backends) backend.answer = ok;
    await client.get('/');
    await client.delete('/');
    await client.post('/', {});
    await client.patch('/', {});
    const methods = backends.flatMap(({ seen }) => seen.map(({ method = '' }) => method));
    expect(methods.sort()).toEqual(['DELETE', 'GET', 'PATCH', 'POST', 'PUT', 'PUT', 'PUT', 'PUT']);
  });
});

describe('balanced client, endpoints that fail', () => {
  it('loses no call of any method to an endpoint that is not there', async () => {
    const client = balance(new Told([{ url: await deadUrl() }, { url: backends[0].url }]));
    await times(10, () => client.post('/', {}));
    await times(10, () => client.patch('/', {}));
    expect(backends[0].seen.length).toBe(20);
  });

  it('loses no call that may be repeated to one that fails, lies or hangs', async () => {
    for (const answer of [status(500), status(503), html, silence]) {
      const client = balance(those(2), { timeout: 400 });
      backends[0].answer = answer;
      await times(8, () => client.get('/'));
      await times(4, () => client.post('/', {}, { idempotencyKey: 'key-1' }));
      await times(4, () => client.post('/', {}, { idempotent: true }));
    }
    expect(backends[1].seen.length).toBe(64);
  });

  it('sends a call that may not be repeated once', async () => {
    const client = balance(those(2));
    backends[0].answer = status(500);
    backends[1].answer = status(500);
    const error = await errorOf(client.post('/', {}));
    expect([error.kind, error.status]).toEqual(['http', 500]);
    expect(backends[0].seen.length + backends[1].seen.length).toBe(1);
  });

  it('takes an answer for an answer', async () => {
    const client = balance(those(2));
    for (const backend of backends) backend.answer = status(404);
    expect((await errorOf(client.get('/'))).status).toBe(404);
    expect(backends[0].seen.length + backends[1].seen.length).toBe(1);
  });

  it('opens the circuit of an endpoint that sends no JSON: another server has its address', async () => {
    const client = balance(those(2), { circuitBreakerOptions: { failureThreshold: 3 } });
    backends[0].answer = html;
    await times(30, () => client.get('/'));
    expect(backends[0].seen.length).toBe(3);
  });

  it('leaves an endpoint out while its circuit is open, and takes it back', async () => {
    let now = 0;
    const circuitBreakerOptions = { failureThreshold: 3, successThreshold: 1, timeout: 100, clock: () => now };
    const client = balance(those(2), { circuitBreakerOptions });
    backends[0].answer = status(500);
    await times(30, () => client.get('/'));
    expect(backends[0].seen.length).toBe(3);
    expect(client.getCircuitStats().state).toBe('CLOSED');
    const circuits = client.getEndpointStats().map(({ circuit }) => circuit.state);
    expect(circuits).toEqual(['OPEN', 'CLOSED']);
    // Nobody was refused: the calls went to the other one.
    expect(client.getCircuitStats().rejections).toBe(0);

    backends[0].answer = ok;
    now = 100;
    await times(30, () => client.get('/'));
    expect(backends[0].seen.length).toBeGreaterThan(10);
  });

  it('refuses at once when all circuits are open, and says for how long', async () => {
    const changes: string[] = [];
    const circuitBreakerOptions = {
      failureThreshold: 1,
      timeout: 60_000,
      onStateChange: ({ name, to }: { name: string; to: string }) => changes.push(`${name} ${to}`),
    };
    const client = balance(those(2), { circuitBreakerOptions });
    backends[0].answer = status(503, { 'retry-after': '200' });
    backends[1].answer = status(500);
    expect(client.refuseForMs()).toBe(0);
    await errorOf(client.get('/'));
    const error = await errorOf(client.post('/', {}));
    expect([error.kind, error.service]).toEqual(['circuit_open', 'orders']);
    // The one that takes calls again first tells how long.
    for (const waitMs of [Number(error.retryAfterMs), client.refuseForMs()]) {
      expect(waitMs).toBeGreaterThan(50_000);
      expect(waitMs).toBeLessThanOrEqual(60_000);
    }
    const { state, failures, lastFailureTime, nextAttemptAt, rejections } = client.getCircuitStats();
    expect([state, failures, rejections]).toEqual(['OPEN', 2, 2]);
    expect(Number(nextAttemptAt) - Number(lastFailureTime)).toBeGreaterThan(50_000);
    const names = backends.slice(0, 2).map(({ url }) => `orders at ${new URL(url).host} OPEN`);
    expect(changes.sort()).toEqual(names.sort());

    client.resetCircuit();
    expect(client.refuseForMs()).toBe(0);
    expect(client.getCircuitStats().state).toBe('CLOSED');
  });

  it('sends no more probes at once than the circuit lets through', async () => {
    let now = 0;
    const circuitBreakerOptions = { failureThreshold: 1, timeout: 100, clock: () => now };
    const client = balance(those(2), { circuitBreakerOptions });
    backends[0].answer = status(500);
    while (backends[0].seen.length === 0) await client.get('/');
    backends[0].answer = delayed(100);
    now = 100;
    await Promise.all(Array.from({ length: 50 }, () => client.get('/')));
    expect(backends[0].seen.length).toBe(2);
    expect(client.getCircuitStats().rejections).toBe(0);
  });

  it('does not make an outage worse: failed calls go elsewhere within a budget', async () => {
    const circuitBreakerOptions = { failureThreshold: 1_000_000 };
    const client = balance(those(2), { circuitBreakerOptions });
    backends[0].answer = status(500);
    backends[1].answer = status(500);
    await times(300, () => errorOf(client.get('/')));
    const sent = backends[0].seen.length + backends[1].seen.length;
    // A burst of a hundred, and a fifth of the calls beside.
    expect(sent).toBeGreaterThan(390);
    expect(sent).toBeLessThanOrEqual(460);
  });

  it('tries all endpoints again after a while', async () => {
    const client = balance(those(2), { retry: { baseDelayMs: 1 } });
    let calls = 0;
    const third: Answer = (request, response) => {
      calls += 1;
      (calls < 3 ? status(503) : ok)(request, response);
    };
    backends[0].answer = third;
    backends[1].answer = third;
    expect((await client.get('/')).data).toEqual({ ok: true });
    expect(calls).toBe(3);
    for (const count of counts().slice(0, 2)) expect(count).toBeGreaterThan(0);

    calls = 0;
    expect((await errorOf(client.post('/', {}))).status).toBe(503);
    backends[0].answer = status(503, { 'retry-after': '30' });
    backends[1].answer = status(503, { 'retry-after': '30' });
    expect((await errorOf(client.get('/'))).retryAfterMs).toBe(30_000);
  });

  it('stops waiting when its caller gives up', async () => {
    const client = balance(those(1), { retry: {}, circuitBreakerOptions: { failureThreshold: 10 } });
    backends[0].answer = status(503, { 'retry-after': '1' });
    const controller = new AbortController();
    const call = errorOf(client.get('/', { signal: controller.signal }));
    await until(() => backends[0].seen.length === 1);
    setTimeout(() => {
      controller.abort();
    }, 50);
    expect((await call).kind).toBe('aborted');
    expect(backends[0].seen.length).toBe(1);
  });
});

describe('balanced client, time', () => {
  it('has one deadline for all endpoints', async () => {
    const client = balance(those(3), { timeout: 200, attemptTimeout: 150 });
    for (const backend of backends) backend.answer = silence;
    const startedAt = performance.now();
    expect((await errorOf(client.get('/'))).kind).toBe('timeout');
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(180);
    expect(tookMs).toBeLessThan(1_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(counts().reduce((sum, count) => sum + count, 0)).toBe(2);
  });

  it('gives the last endpoint all the time that is left', async () => {
    const client = balance(those(1), { timeout: 2_000, attemptTimeout: 20 });
    backends[0].answer = delayed(60);
    expect((await client.get('/')).status).toBe(200);
  });

  it('honours the signal of its caller', async () => {
    const client = balance(those(2));
    for (const backend of backends) backend.answer = silence;
    const controller = new AbortController();
    const call = errorOf(client.get('/', { signal: controller.signal }));
    await until(() => backends[0].seen.length + backends[1].seen.length === 1);
    controller.abort();
    expect((await call).kind).toBe('aborted');
    expect(backends[0].seen.length + backends[1].seen.length).toBe(1);
  });

  it('refuses options that make no sense', async () => {
    expect(() => balance(those(1), { timeout: 0 })).toThrow(/timeout must be finite and above 0, got 0/);
    expect(() => balance(those(1), { attemptTimeout: -1 })).toThrow(/attemptTimeout must be finite/);
    expect(() => balance(those(1), { headers: { 'bad name': 'x' } })).toThrow(/cannot be sent/);
    expect(() => balance(those(1), { circuitBreakerOptions: { failureThreshold: 0 } })).toThrow(/failureThreshold/);
    const client = balance(those(2));
    await expect(client.get('no-slash')).rejects.toMatchObject({ name: 'TypeError' });
    await expect(client.get('/', { timeout: -1 })).rejects.toMatchObject({ name: 'RangeError' });
  });
});

describe('balanced client, endpoints that come and go', () => {
  it('calls those that came, and lets calls to those that went end', async () => {
    const source = those(1);
    const client = balance(source);
    backends[0].answer = delayed(100);
    const call = client.get('/');
    await until(() => backends[0].seen.length === 1);
    source.told = [{ url: backends[1].url }];
    await until(() => client.getEndpointStats().every(({ url }) => url === backends[1].url));
    await times(5, () => client.get('/'));
    expect((await call).data).toEqual({ ok: true });
    expect(counts()).toEqual([1, 5, 0]);
  });

  it('keeps the circuit of an endpoint that stays, and takes its new weight', async () => {
    const source = those(1);
    const client = balance(source);
    await client.get('/');
    source.told = [{ url: backends[0].url, zone: 'b' }];
    await until(() => client.getEndpointStats()[0]?.zone === 'b');
    expect(client.getCircuitStats().successes).toBe(1);
  });

  it('keeps the last endpoints when a lookup fails or finds none', async () => {
    const source = those(1);
    const lines: string[] = [];
    const logger = {
      debug: (_details: object, message: string) => lines.push(message),
      warn: (_details: object, message: string) => lines.push(message),
    };
    const client = balance(source, { logger });
    await client.get('/');
    for (const told of [new Error('SERVFAIL'), []]) {
      const { lookups } = source;
      source.told = told;
      await until(() => source.lookups > lookups);
      expect((await client.get('/')).status).toBe(200);
    }
    expect(lines).toContain('Lookup of endpoints failed: the last ones stay');
    expect(lines).toContain('Endpoint joined');
  });

  it('says when it knows no endpoint, and recovers', async () => {
    const source = new Told(new Error('SERVFAIL'));
    const client = balance(source);
    const error = await errorOf(client.get('/'));
    expect([error.kind, error.message]).toEqual(['network', 'No endpoint of orders is known']);
    expect(String((error as { cause?: unknown }).cause)).toBe('Error: SERVFAIL');
    expect(client.refuseForMs()).toBe(0);
    expect(client.getCircuitStats().state).toBe('CLOSED');
    source.told = [{ url: backends[0].url }];
    await until(() => client.getEndpointStats().length === 1);
    expect((await client.get('/')).status).toBe(200);
    await client.close();
    expect((await errorOf(client.get('/')) as { cause?: unknown }).cause).toBeUndefined();
  });

  it('waits for the first lookup as long as a call may take', async () => {
    const never: EndpointSource = { name: 'orders', lookup: () => new Promise(() => undefined) };
    const client = balance(never);
    expect((await errorOf(client.get('/', { timeout: 30 }))).kind).toBe('timeout');
    const aborted = await errorOf(client.get('/', { signal: AbortSignal.abort() }));
    expect(aborted.kind).toBe('aborted');
  });

  it('looks no more when it is closed, ends its calls first and makes none after that', async () => {
    const source = those(2);
    const client = balance(source);
    backends[0].answer = delayed(100);
    backends[1].answer = delayed(100);
    const call = client.get('/');
    await until(() => backends[0].seen.length + backends[1].seen.length === 1);
    const startedAt = performance.now();
    await client.close();
    expect(performance.now() - startedAt).toBeGreaterThan(50);
    expect((await call).status).toBe(200);
    const { lookups } = source;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(source.lookups).toBe(lookups);
    expect((await errorOf(client.get('/'))).kind).toBe('network');
  });
});
