import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import Fastify, { type FastifyInstance } from 'fastify';

import serviceTracing from '../src/plugins/service-tracing.js';
import { ServiceClient, type ServiceClientOptions } from '../src/utils/service-client.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const apps: FastifyInstance[] = [];
let log: Record<string, unknown>[] = [];
const clients: ServiceClient[] = [];
let server: Server;
let baseUrl = '';
let answer: (response: ServerResponse) => void = () => undefined;
let sent: IncomingHttpHeaders[] = [];

const json = (status: number): ((response: ServerResponse) => void) => {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  };
};

function createClient(options: Partial<ServiceClientOptions> = {}): ServiceClient {
  const circuitBreakerOptions = { name: 'users', failureThreshold: 1, ...options.circuitBreakerOptions };
  const client = new ServiceClient({ baseUrl, ...options, circuitBreakerOptions });
  clients.push(client);
  return client;
}

/** An application that answers with what it knows of the trace. */
async function buildApp(): Promise<FastifyInstance> {
  const write = (line: string): void => {
    log.push(JSON.parse(line) as Record<string, unknown>);
  };
  const app = Fastify({ logger: { stream: { write } } });
  apps.push(app);
  await app.register(serviceTracing);
  app.route({
    method: ['GET', 'POST'],
    url: '/users/:id',
    handler: (request, reply) => {
      request.log.info('Answering');
      void reply.header('x-correlation-id', 'request-7');
      return { spanId: trace.getActiveSpan()?.spanContext().spanId };
    },
  });
  app.get('/broken', (_request, reply) => reply.code(500).send({}));
  await app.ready();
  return app;
}

function spansOf(kind: SpanKind): ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.kind === kind);
}

beforeAll(async () => {
  provider.register();
  server = createServer((request, response) => {
    sent.push(request.headers);
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

beforeEach(() => {
  exporter.reset();
  log = [];
  sent = [];
  answer = json(200);
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const app of apps.splice(0)) await app.close();
});

afterAll(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
  propagation.disable();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('service tracing, requests that come in', () => {
  it('continues the trace of the caller', async () => {
    const app = await buildApp();
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, host: 'users.test:3000' };
    const { body } = await app.inject({ url: '/users/7?token=secret', headers });
    const [span] = spansOf(SpanKind.SERVER);
    expect(span?.name).toBe('GET /users/:id');
    expect(span?.spanContext().traceId).toBe(TRACE);
    expect(span?.parentSpanContext?.spanId).toBe(CALLER);
    expect((JSON.parse(body) as { spanId: string }).spanId).toBe(span?.spanContext().spanId);
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'url.path': '/users/7',
      'server.address': 'users.test',
      'http.route': '/users/:id',
      'correlation.id': 'request-7',
      'http.response.status_code': 200,
    });
  });

  it('begins a trace where the caller has none, and keeps it while a body is read', async () => {
    const app = await buildApp();
    const { body } = await app.inject({ method: 'POST', url: '/users/7', payload: { name: 'Ada' } });
    const [span] = spansOf(SpanKind.SERVER);
    expect(span?.parentSpanContext).toBe(undefined);
    expect((JSON.parse(body) as { spanId: string }).spanId).toBe(span?.spanContext().spanId);
  });

  it('takes 5xx for an error, and 4xx for the mistake of the caller', async () => {
    const app = await buildApp();
    await app.inject('/broken');
    await app.inject('/nowhere');
    const [broken, nowhere] = spansOf(SpanKind.SERVER);
    expect(broken?.status.code).toBe(SpanStatusCode.ERROR);
    expect(broken?.attributes['error.type']).toBe('500');
    expect(nowhere?.name).toBe('GET');
    expect(nowhere?.status.code).toBe(SpanStatusCode.UNSET);
    expect(nowhere?.attributes['http.response.status_code']).toBe(404);
  });

  it('puts the trace into each line that is logged for the request', async () => {
    const app = await buildApp();
    await app.inject('/users/7');
    const [span] = spansOf(SpanKind.SERVER);
    const line = log.find(({ msg }) => msg === 'Answering');
    expect(line?.['trace_id']).toBe(span?.spanContext().traceId);
    expect(line?.['span_id']).toBe(span?.spanContext().spanId);
  });
});

describe('service tracing, calls to others', () => {
  it('hands the trace on', async () => {
    await buildApp();
    await createClient().get('/users/7', {
      route: '/users/:id',
      query: { token: 'secret' },
      correlationId: 'request-7',
    });
    const [call] = spansOf(SpanKind.INTERNAL);
    expect(call?.name).toBe('call users');
    expect(call?.attributes).toEqual({ 'correlation.id': 'request-7', 'circuit_breaker.state': 'CLOSED' });
    const traceparent = String(sent[0]?.['traceparent']).split('-');
    expect(traceparent[1]).toBe(call?.spanContext().traceId);
    const [attempt] = spansOf(SpanKind.CLIENT);
    expect(attempt?.name).toBe('GET /users/:id');
    expect(attempt?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
    expect(traceparent[2]).toBe(attempt?.spanContext().spanId);
    expect(attempt?.attributes).toEqual({
      'correlation.id': 'request-7',
      'http.request.method': 'GET',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(baseUrl).port),
      'url.full': `${baseUrl}/users/7`,
      'url.template': '/users/:id',
      'http.response.status_code': 200,
    });
  });

  it('says why a call failed', async () => {
    await buildApp();
    answer = json(404);
    await createClient().get('/').catch(() => undefined);
    answer = () => undefined;
    await createClient({ timeout: 50 }).get('/').catch(() => undefined);
    const [notFound, late] = spansOf(SpanKind.INTERNAL);
    expect(notFound?.status.code).toBe(SpanStatusCode.ERROR);
    expect(notFound?.attributes['error.type']).toBe('404');
    expect(late?.attributes['error.type']).toBe('timeout');
  });

  it('has a span for each attempt', async () => {
    await buildApp();
    answer = (response) => {
      answer = json(200);
      json(503)(response);
    };
    await createClient({ retry: { baseDelayMs: 1 } }).get('/');
    const [call] = spansOf(SpanKind.INTERNAL);
    expect(call?.status.code).toBe(SpanStatusCode.UNSET);
    expect(call?.events.map(({ name }) => name)).toEqual(['retry']);
    const [first, second] = spansOf(SpanKind.CLIENT);
    expect(first?.attributes['error.type']).toBe('503');
    expect(first?.attributes['http.response.status_code']).toBe(503);
    expect(second?.attributes['http.request.resend_count']).toBe(1);
    expect(second?.status.code).toBe(SpanStatusCode.UNSET);
    for (const [index, span] of [first, second].entries()) {
      expect(span?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
      expect(String(sent[index]?.['traceparent']).split('-')[2]).toBe(span?.spanContext().spanId);
    }
  });

  it('shows what the circuit does', async () => {
    await buildApp();
    const client = createClient();
    await trace.getTracer('test').startActiveSpan('request', async (span) => {
      answer = json(500);
      await client.get('/').catch(() => undefined);
      await client.get('/').catch(() => undefined);
      span.end();
    });
    const [failed, refused, request] = spansOf(SpanKind.INTERNAL);
    expect(failed?.attributes['error.type']).toBe('500');
    expect(refused?.attributes['error.type']).toBe('circuit_open');
    expect(refused?.attributes['circuit_breaker.state']).toBe('OPEN');
    expect(refused?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(request?.events[0]?.name).toBe('circuit_breaker.change');
    expect(request?.events[0]?.attributes).toEqual({ circuit: 'users', from: 'CLOSED', to: 'OPEN' });
  });
});
