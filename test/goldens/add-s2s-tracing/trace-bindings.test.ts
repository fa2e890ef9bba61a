import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import Fastify from 'fastify';

import { bindTrace } from '../src/utils/trace-bindings.js';

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

describe('trace bindings', () => {
  it('put the trace into each line that is logged for the request', async () => {
    const log: Record<string, unknown>[] = [];
    const write = (line: string): void => {
      log.push(JSON.parse(line) as Record<string, unknown>);
    };
    const app = Fastify({ logger: { stream: { write } } });
    app.addHook('onRequest', (request, reply, next) => {
      const span = trace.getTracer('test').startSpan('GET');
      bindTrace(request, reply, span);
      span.end();
      next();
    });
    app.get('/users', (request) => {
      request.log.info('Answering');
      return {};
    });
    await app.inject('/users');
    await app.close();
    const [span] = spansOf(SpanKind.INTERNAL);
    for (const message of ['Answering', 'request completed']) {
      const line = log.find(({ msg }) => msg === message);
      expect(line?.['trace_id']).toBe(span?.spanContext().traceId);
      expect(line?.['span_id']).toBe(span?.spanContext().spanId);
    }
  });
});
