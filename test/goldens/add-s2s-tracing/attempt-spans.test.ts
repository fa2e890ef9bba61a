import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';

import { traceAttempts } from '../src/utils/attempt-spans.js';
import { traceCalls } from '../src/utils/call-spans.js';
import { ServiceClient, type ServiceClientOptions } from '../src/utils/service-client.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json = (data: unknown, headers: Record<string, string> = {}): Answer => {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(data));
  };
};

/** Takes the part of a service, or of a registry: a real server that answers as a test wants it to. */
let server: Server;
let origin = '';
let answer: Answer = json({ ok: true });
let seen: IncomingMessage[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

beforeEach(() => {
  answer = json({ ok: true });
  seen = [];
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

function spansOf(kind: SpanKind): ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.kind === kind);
}

beforeAll(() => {
  provider.register();
});

beforeEach(() => {
  exporter.reset();
});

afterAll(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
  propagation.disable();
});

const clients: ServiceClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

const failure = (status: number): Answer => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  };
};

function createClient(options: Partial<ServiceClientOptions> = {}): ServiceClient {
  const circuitBreakerOptions = { name: 'users', failureThreshold: 1, ...options.circuitBreakerOptions };
  const client = new ServiceClient({ baseUrl: origin, ...options, circuitBreakerOptions });
  clients.push(client);
  return client;
}

beforeAll(() => {
  traceCalls(traceAttempts);
});

describe('attempt spans', () => {
  it('continue the trace of the call, without what is private', async () => {
    await createClient().get('/users/7', {
      route: '/users/:id',
      query: { token: 'secret' },
      correlationId: 'request-7',
    });
    const [call] = spansOf(SpanKind.INTERNAL);
    const [attempt] = spansOf(SpanKind.CLIENT);
    expect(attempt?.name).toBe('GET /users/:id');
    expect(attempt?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
    const traceparent = String(seen[0]?.headers['traceparent']).split('-');
    expect(traceparent[1]).toBe(call?.spanContext().traceId);
    expect(traceparent[2]).toBe(attempt?.spanContext().spanId);
    expect(attempt?.attributes).toEqual({
      'correlation.id': 'request-7',
      'http.request.method': 'GET',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(origin).port),
      'url.full': `${origin}/users/7`,
      'url.template': '/users/:id',
      'http.response.status_code': 200,
    });
  });

  it('say why an attempt failed', async () => {
    answer = failure(404);
    await createClient().get('/').catch(() => undefined);
    const [attempt] = spansOf(SpanKind.CLIENT);
    expect(attempt?.status.code).toBe(SpanStatusCode.ERROR);
    expect(attempt?.attributes['error.type']).toBe('404');
    expect(attempt?.attributes['http.response.status_code']).toBe(404);
  });

  it('are one for each attempt', async () => {
    answer = (request, response) => {
      answer = json({});
      failure(503)(request, response);
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
      expect(String(seen[index]?.headers['traceparent']).split('-')[2]).toBe(span?.spanContext().spanId);
    }
  });
});
