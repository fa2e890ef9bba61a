import { isSpanContextValid, type Span, trace } from '@opentelemetry/api';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

/** What an operator finds all lines and spans of one request by. */
const CORRELATION_ID = 'correlation.id';

/**
 * Traces what this service does for others and asks of others, with whatever OpenTelemetry SDK is set up; without one
 * it costs next to nothing and does nothing.
 */
export const serviceTracing = fp(
  (app, _options, done) => {
    app.addHook('onRequest', (request, reply, next) => {
      const span = trace.getActiveSpan();
      if (span !== undefined) bindTrace(request, reply, span);
      next();
    });
    app.addHook('onSend', (_request, reply, _payload, next) => {
      const correlationId = reply.getHeader('x-correlation-id');
      if (typeof correlationId === 'string')
        trace.getActiveSpan()?.setAttribute(CORRELATION_ID, correlationId);
      next();
    });
    done();
  },
  { name: 'service-tracing' },
);

export default serviceTracing;

/** What pino can do and other loggers may not. */
interface RequestLogger extends FastifyBaseLogger {
  setBindings?: (bindings: object) => void;
}

/** Every line that is logged for this request has the trace beside its correlation ID. */
function bindTrace(request: FastifyRequest, reply: FastifyReply, span: Span): void {
  const { spanId, traceId } = span.spanContext();
  if (!isSpanContextValid(span.spanContext())) return;
  const bindings = { trace_id: traceId, span_id: spanId };
  const log: RequestLogger = request.log;
  if (log !== request.server.log && log.setBindings !== undefined) {
    log.setBindings(bindings);
  } else {
    request.log = log.child(bindings);
    reply.log = request.log;
  }
}
