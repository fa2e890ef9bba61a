import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import Fastify, { type FastifyInstance } from 'fastify';

import serviceTracing from '../src/plugins/service-tracing.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
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

const apps: FastifyInstance[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

/** An application that answers with what it knows of the trace. */
async function buildApp(): Promise<FastifyInstance> {
  const app = Fastify();
  apps.push(app);
  await app.register(serviceTracing);
  app.route({
    method: ['GET', 'POST'],
    url: '/users/:id',
    handler: (_request, reply) => {
      const spanId = trace.getActiveSpan()?.spanContext().spanId;
      return reply.header('x-correlation-id', 'request-7').send({ spanId });
    },
  });
  app.get('/broken', (_request, reply) => reply.code(500).send({}));
  await app.ready();
  return app;
}

describe('service tracing, requests', () => {
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
});
