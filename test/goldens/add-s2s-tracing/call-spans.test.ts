import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';

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
  traceCalls();
});

describe('call spans', () => {
  it('hand the trace on', async () => {
    await createClient().get('/users/7', { correlationId: 'request-7' });
    const [call] = spansOf(SpanKind.INTERNAL);
    expect(call?.name).toBe('call users');
    expect(call?.attributes).toEqual({ 'correlation.id': 'request-7', 'circuit_breaker.state': 'CLOSED' });
    const traceparent = String(seen[0]?.headers['traceparent']).split('-');
    expect(traceparent[1]).toBe(call?.spanContext().traceId);
    expect(traceparent[2]).toBe(call?.spanContext().spanId);
    expect(spansOf(SpanKind.CLIENT)).toEqual([]);
  });

  it('say why a call failed', async () => {
    answer = failure(404);
    await createClient().get('/').catch(() => undefined);
    answer = () => undefined;
    await createClient({ timeout: 50 }).get('/').catch(() => undefined);
    const [notFound, late] = spansOf(SpanKind.INTERNAL);
    expect(notFound?.status.code).toBe(SpanStatusCode.ERROR);
    expect(notFound?.attributes['error.type']).toBe('404');
    expect(late?.attributes['error.type']).toBe('timeout');
  });

  it('show what the circuit does', async () => {
    const client = createClient();
    await trace.getTracer('test').startActiveSpan('request', async (span) => {
      answer = failure(500);
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
