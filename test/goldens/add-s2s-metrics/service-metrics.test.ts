import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';

import serviceMetrics from '../src/plugins/service-metrics.js';
import { ServiceClient, type ServiceClientOptions } from '../src/utils/service-client.js';
import { tokenVerified } from '../src/utils/service-diagnostics.js';

let server: Server;
let baseUrl = '';
let answer: (response: ServerResponse) => void = () => undefined;
let registry = new Registry();
const apps: FastifyInstance[] = [];
const clients: ServiceClient[] = [];

const json = (status: number): ((response: ServerResponse) => void) => {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  };
};

/** An application with the metrics, in a registry of its own. */
async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify();
  apps.push(app);
  await app.register(serviceMetrics, { registry });
  return app;
}

function createClient(options: Partial<ServiceClientOptions> = {}): ServiceClient {
  const circuitBreakerOptions = { name: 'users', failureThreshold: 1, ...options.circuitBreakerOptions };
  const client = new ServiceClient({ baseUrl, ...options, circuitBreakerOptions });
  clients.push(client);
  return client;
}

/** The value of one series, such as `name{a="b"}`; undefined when it is not there. */
async function seriesValue(series: string): Promise<number | undefined> {
  const lines = (await registry.metrics()).split('\n');
  const line = lines.find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

beforeAll(async () => {
  server = createServer((_request, response) => {
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

beforeEach(() => {
  registry = new Registry();
  answer = json(200);
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const app of apps.splice(0)) await app.close();
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('service metrics', () => {
  it('counts calls by how they ended, and has them at 0 before the first one', async () => {
    await buildApp();
    const client = createClient({ circuitBreakerOptions: { failureThreshold: 2 } });
    expect(await seriesValue('s2s_client_calls_total{service="users",result="success"}')).toBe(0);
    await client.get('/');
    answer = json(404);
    await client.get('/').catch(() => undefined);
    answer = json(500);
    await client.get('/').catch(() => undefined);
    await client.get('/').catch(() => undefined);
    await client.get('/').catch(() => undefined);
    client.refuseForMs();
    expect(await seriesValue('s2s_client_calls_total{service="users",result="success"}')).toBe(1);
    expect(await seriesValue('s2s_client_calls_total{service="users",result="http_4xx"}')).toBe(1);
    expect(await seriesValue('s2s_client_calls_total{service="users",result="http_5xx"}')).toBe(2);
    expect(await seriesValue('s2s_client_calls_total{service="users",result="circuit_open"}')).toBe(2);
  });

  it('measures calls by the pattern of their path', async () => {
    await buildApp();
    const client = createClient();
    await client.get('/users/7', { route: '/users/:id' });
    await client.get('/users/8', { route: '/users/:id' });
    await client.get('/users/9');
    const count = 's2s_client_call_duration_seconds_count';
    expect(await seriesValue(`${count}{service="users",route="/users/:id"}`)).toBe(2);
    expect(await seriesValue(`${count}{service="users",route="other"}`)).toBe(1);
  });

  it('has no more patterns than there is room for', async () => {
    await buildApp();
    const client = createClient();
    for (let id = 0; id < 110; id += 1) await client.get('/', { route: `/users/${String(id)}` });
    const count = 's2s_client_call_duration_seconds_count';
    expect(await seriesValue(`${count}{service="users",route="/users/99"}`)).toBe(1);
    expect(await seriesValue(`${count}{service="users",route="/users/100"}`)).toBe(undefined);
    expect(await seriesValue(`${count}{service="users",route="other"}`)).toBe(10);
  });

  it('shows circuits and their changes, of clients that were there before it too', async () => {
    const client = createClient();
    await buildApp();
    expect(await seriesValue('s2s_client_circuits{service="users",state="CLOSED"}')).toBe(1);
    expect(await seriesValue('s2s_client_circuits{service="users",state="OPEN"}')).toBe(0);
    expect(await seriesValue('s2s_client_circuit_transitions_total{service="users",to="OPEN"}')).toBe(0);
    answer = json(500);
    await client.get('/').catch(() => undefined);
    expect(await seriesValue('s2s_client_circuits{service="users",state="CLOSED"}')).toBe(0);
    expect(await seriesValue('s2s_client_circuits{service="users",state="OPEN"}')).toBe(1);
    expect(await seriesValue('s2s_client_circuit_transitions_total{service="users",to="OPEN"}')).toBe(1);
    await client.close();
    expect(await seriesValue('s2s_client_circuits{service="users",state="OPEN"}')).toBe(undefined);
  });

  it('counts retries and tells what is left of the budget', async () => {
    await buildApp();
    const client = createClient({ retry: { maxRetries: 2, baseDelayMs: 1 } });
    expect(await seriesValue('s2s_client_retries_total{service="users"}')).toBe(0);
    expect(await seriesValue('s2s_client_retry_budget{service="users"}')).toBe(2);
    answer = json(503);
    await client.get('/').catch(() => undefined);
    expect(await seriesValue('s2s_client_retries_total{service="users"}')).toBe(2);
    expect(await seriesValue('s2s_client_retry_budget{service="users"}')).toBe(0);
  });

  it('counts what became of tokens', async () => {
    await buildApp();
    expect(await seriesValue('s2s_auth_verifications_total{result="valid",cached="false"}')).toBe(0);
    tokenVerified('valid', false, 'request-1');
    tokenVerified('valid', true, 'request-2');
    expect(await seriesValue('s2s_auth_verifications_total{result="valid",cached="false"}')).toBe(1);
    expect(await seriesValue('s2s_auth_verifications_total{result="valid",cached="true"}')).toBe(1);
  });

  it('counts once, however many applications there are', async () => {
    await buildApp();
    await buildApp();
    await createClient().get('/');
    expect(await seriesValue('s2s_client_calls_total{service="users",result="success"}')).toBe(1);
  });

  it('puts neither a path, nor a correlation ID, nor a header into a label', async () => {
    await buildApp();
    const headers = { authorization: 'Bearer a.secret.token' };
    await createClient().get('/users/private-id', {
      headers,
      correlationId: 'correlation-7',
      query: { token: 'in-query' },
    });
    const text = await registry.metrics();
    for (const secret of ['private-id', 'correlation-7', 'a.secret.token', 'in-query']) {
      expect(text.includes(secret)).toBe(false);
    }
  });

  it('answers at /metrics with all of it', async () => {
    const app = await buildApp();
    tokenVerified('valid', false, 'request-1');
    const { statusCode, headers, body } = await app.inject('/metrics');
    expect(statusCode).toBe(200);
    expect(String(headers['content-type'])).toMatch(/^text\/plain/);
    expect(body).toContain('s2s_auth_verifications_total{result="valid",cached="false"} 1');
    expect(body).toContain('process_cpu_seconds_total');
  });
});
