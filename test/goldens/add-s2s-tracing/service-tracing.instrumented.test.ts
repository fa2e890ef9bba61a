import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import Fastify from 'fastify';

import serviceTracing from '../src/plugins/service-tracing.js';

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

describe('service tracing, requests', () => {
  it('leaves the span to the instrumentation, and puts the correlation ID on it', async () => {
    const app = Fastify();
    await app.register(serviceTracing);
    app.get('/users', (_request, reply) => reply.header('x-correlation-id', 'request-7').send({}));
    await trace.getTracer('instrumentation').startActiveSpan('GET', async (span) => {
      await app.inject('/users');
      span.end();
    });
    await app.close();
    expect(spansOf(SpanKind.SERVER)).toEqual([]);
    const [span] = spansOf(SpanKind.INTERNAL);
    expect(span?.attributes['correlation.id']).toBe('request-7');
  });
});
