import { type Span, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Adds the correlation ID to the spans that the instrumentation makes of requests; `bindTrace` is called with them. */
export function traceRequests(
  app: FastifyInstance,
  bindTrace?: (request: FastifyRequest, reply: FastifyReply, span: Span) => void,
): void {
  app.addHook('onRequest', (request, reply, next) => {
    const span = trace.getActiveSpan();
    if (span !== undefined) bindTrace?.(request, reply, span);
    next();
  });
  app.addHook('onSend', (_request, reply, _payload, next) => {
    const correlationId = reply.getHeader('x-correlation-id');
    if (typeof correlationId === 'string')
      trace.getActiveSpan()?.setAttribute('correlation.id', correlationId);
    next();
  });
}
