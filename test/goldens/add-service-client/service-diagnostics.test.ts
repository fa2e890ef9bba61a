import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { ServiceClient, type ServiceClientOptions } from '../src/utils/service-client.js';
import { type DiagnosticEvents, observe, openClients } from '../src/utils/service-diagnostics.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json = (status: number, data: unknown): Answer => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(data));
  };
};

let server: Server;
let baseUrl = '';
let answers: Answer[] = [];
let headers: IncomingMessage['headers'][] = [];
const clients: ServiceClient[] = [];
const observations: (() => void)[] = [];

function createClient(options: Partial<ServiceClientOptions> = {}): ServiceClient {
  const client = new ServiceClient({ baseUrl, timeout: 2_000, ...options });
  clients.push(client);
  return client;
}

/** What is published on that channel during the test. */
function collect<Name extends keyof DiagnosticEvents>(name: Name): DiagnosticEvents[Name][] {
  const events: DiagnosticEvents[Name][] = [];
  observations.push(observe(name, (event) => events.push(event)));
  return events;
}

beforeAll(async () => {
  server = createServer((request, response) => {
    headers.push(request.headers);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

beforeEach(() => {
  headers = [];
  answers = [json(200, { ok: true })];
});

afterEach(async () => {
  for (const end of observations.splice(0)) end();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('service diagnostics', () => {
  it('tells of a call from its start to its end, by one object', async () => {
    const started = collect('service-client:start');
    const attempts = collect('service-client:attempt');
    const ended = collect('service-client:end');
    const client = createClient({ circuitBreakerOptions: { name: 'users' } });
    await client.get('/users/7', { correlationId: 'one', route: '/users/:id' });
    expect(started.length).toBe(1);
    expect(started[0]?.client).toBe(client);
    expect(started[0]?.client.service).toBe('users');
    expect(started[0]?.client.origin).toBe(baseUrl);
    expect(started[0]?.method).toBe('GET');
    expect(started[0]?.path).toBe('/users/7');
    expect(started[0]?.route).toBe('/users/:id');
    expect(started[0]?.correlationId).toBe('one');
    expect(attempts.length).toBe(1);
    expect(attempts[0]?.call).toBe(started[0]);
    expect(attempts[0]?.attempt).toBe(0);
    expect(ended.length).toBe(1);
    expect(ended[0]?.call).toBe(started[0]);
    expect(ended[0]?.result).toBe('success');
    expect(ended[0]?.status).toBe(200);
    expect(ended[0]?.durationMs).toBeGreaterThan(0);
  });

  it('sends the headers that are added on the way', async () => {
    observations.push(
      observe('service-client:start', (call) => {
        call.headers['x-added-at-start'] = call.method;
      }),
      observe('service-client:attempt', ({ call, attempt }) => {
        call.headers['x-added-to-attempt'] = String(attempt);
      }),
    );
    await createClient().get('/');
    expect(headers[0]?.['x-added-at-start']).toBe('GET');
    expect(headers[0]?.['x-added-to-attempt']).toBe('0');
  });

  it('tells why a call failed', async () => {
    const ended = collect('service-client:end');
    answers = [json(404, {})];
    const client = createClient();
    await client.get('/').catch(() => undefined);
    answers = [() => undefined];
    await client.get('/', { timeout: 50 }).catch(() => undefined);
    expect(ended.map(({ result, status }) => [result, status])).toEqual([
      ['http', 404],
      ['timeout', undefined],
    ]);
  });

  it('tells of each attempt, and of the wait before the next one', async () => {
    const attempts = collect('service-client:attempt');
    const retries = collect('service-client:retry');
    const ended = collect('service-client:end');
    answers = [json(502, {}), json(200, {})];
    const client = createClient({ retry: { baseDelayMs: 1 } });
    const before = client.getRetryBudget() ?? 0;
    await client.get('/');
    expect(attempts.map(({ attempt }) => attempt)).toEqual([0, 1]);
    expect(retries.length).toBe(1);
    expect(retries[0]?.call).toBe(attempts[0]?.call);
    expect(retries[0]?.attempt).toBe(0);
    expect(retries[0]?.result).toBe('http');
    expect(retries[0]?.status).toBe(502);
    expect(ended.map(({ result }) => result)).toEqual(['success']);
    expect(before - (client.getRetryBudget() ?? 0)).toBe(1);
    expect(createClient({ retry: false }).getRetryBudget()).toBe(undefined);
  });

  it('tells of changes of the circuit, and of calls that it does not let through', async () => {
    const changes = collect('circuit-breaker:change');
    const started = collect('service-client:start');
    const refused = collect('service-client:refuse');
    answers = [json(500, {})];
    const client = createClient({ circuitBreakerOptions: { failureThreshold: 1 } });
    await client.get('/').catch(() => undefined);
    await client.get('/').catch(() => undefined);
    client.refuseForMs();
    expect(changes.map(({ from, to }) => `${from} ${to}`)).toEqual(['CLOSED OPEN']);
    expect(changes[0]?.client).toBe(client);
    expect(started.length).toBe(1);
    expect(refused.length).toBe(2);
    expect(refused[0]?.client).toBe(client);
    expect(refused[0]?.retryAfterMs).toBeGreaterThan(0);
  });

  it('knows the clients that are open', async () => {
    const created = collect('service-client:create');
    const closed = collect('service-client:close');
    const client = createClient();
    expect(created).toEqual([client]);
    expect(openClients()).toContain(client);
    await client.close();
    await client.close();
    expect(closed).toEqual([client]);
    expect(openClients().includes(client)).toBe(false);
  });

  it('tells nothing when nobody listens any more', async () => {
    const events: unknown[] = [];
    const end = observe('service-client:end', (event) => events.push(event));
    const client = createClient();
    await client.get('/');
    end();
    await client.get('/');
    expect(events.length).toBe(1);
  });
});
