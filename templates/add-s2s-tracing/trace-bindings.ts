import { isSpanContextValid, type Span } from '@opentelemetry/api';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';

/** pino has `setBindings`, other loggers may not. */
interface RequestLogger extends FastifyBaseLogger {
  setBindings?: (bindings: object) => void;
}

/** Adds the trace to every line that is logged for this request. */
export function bindTrace(request: FastifyRequest, reply: FastifyReply, span: Span): void {
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
