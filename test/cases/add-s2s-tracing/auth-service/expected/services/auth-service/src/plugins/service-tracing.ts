import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

/** What an operator finds all lines and spans of one request by. */
const CORRELATION_ID = 'correlation.id';

/** What belongs to a request while it is answered. */
const requests = new WeakMap<FastifyRequest, Context>();

/**
 * Traces what this service does for others and asks of others, with whatever OpenTelemetry SDK is set up; without one
 * it costs next to nothing and does nothing.
 */
export const serviceTracing = fp(
  (app, _options, done) => {
    // Not before: of several copies of the API only the one that the SDK uses tells its older tracers of it.
    const tracer = trace.getTracer('service-tracing');

    app.addHook('onRequest', (request, reply, next) => {
      const caller = propagation.extract(context.active(), request.headers);
      const span = tracer.startSpan(
        nameOf(request),
        { kind: SpanKind.SERVER, attributes: requestAttributes(request) },
        caller,
      );
      const own = trace.setSpan(caller, span);
      requests.set(request, own);
      bindTrace(request, reply, span);
      context.with(own, next);
    });
    // A body that was read has brought the request back in another context.
    app.addHook('preValidation', (request, _reply, next) => {
      context.with(requests.get(request) ?? context.active(), next);
    });
    app.addHook('onResponse', (request, reply, next) => {
      endRequest(request, reply);
      next();
    });
    app.addHook('onRequestAbort', (request, next) => {
      endRequest(request, undefined);
      next();
    });
    done();
  },
  { name: 'service-tracing' },
);

export default serviceTracing;

function nameOf({ method, routeOptions }: FastifyRequest): string {
  return routeOptions.url === undefined ? method : `${method} ${routeOptions.url}`;
}

/** Without the query, which may hold what is private. */
function requestAttributes(request: FastifyRequest): Attributes {
  const { headers, method, protocol, routeOptions, url } = request;
  const [path = ''] = url.split('?', 1);
  // Of a request that names no host Fastify 4 has no hostname either, whatever its type says.
  const host = headers.host ?? headers[':authority'] ?? '';
  return {
    'http.request.method': method,
    'url.scheme': protocol,
    'url.path': path,
    ...(host !== '' && { 'server.address': request.hostname.replace(/:\d+$/, '') }),
    ...(routeOptions.url !== undefined && { 'http.route': routeOptions.url }),
  };
}

/** Without a reply the caller has gone away. */
function endRequest(request: FastifyRequest, reply: FastifyReply | undefined): void {
  const own = requests.get(request);
  const span = own === undefined ? undefined : trace.getSpan(own);
  if (span === undefined) return;
  requests.delete(request);
  if (reply === undefined) {
    fail(span, 'aborted');
  } else {
    const correlationId = reply.getHeader('x-correlation-id');
    if (typeof correlationId === 'string') span.setAttribute(CORRELATION_ID, correlationId);
    span.setAttribute('http.response.status_code', reply.statusCode);
    // An answer of 4xx is the caller's mistake, not ours.
    if (reply.statusCode >= 500) fail(span, String(reply.statusCode));
  }
  span.end();
}

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

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
