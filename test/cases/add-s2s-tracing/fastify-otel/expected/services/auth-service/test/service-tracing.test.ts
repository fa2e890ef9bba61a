import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import serviceTracing from '../src/plugins/service-tracing.js';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const apps: FastifyInstance[] = [];
let log: Record<string, unknown>[] = [];

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

beforeAll(() => {
  provider.register();
});

beforeEach(() => {
  exporter.reset();
  log = [];
});

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

afterAll(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
  propagation.disable();
});

describe('service tracing, requests that come in', () => {
  it('leaves the span to the instrumentation, and puts the correlation ID on it', async () => {
    const app = await buildApp();
    await trace.getTracer('instrumentation').startActiveSpan('GET', async (span) => {
      await app.inject('/users/7');
      span.end();
    });
    expect(spansOf(SpanKind.SERVER)).toEqual([]);
    const [span] = spansOf(SpanKind.INTERNAL);
    expect(span?.attributes['correlation.id']).toBe('request-7');
    const line = log.find(({ msg }) => msg === 'Answering');
    expect(line?.['trace_id']).toBe(span?.spanContext().traceId);
  });
});
