import { type Attributes, type Context, context, isSpanContextValid, propagation, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { type CallResult, observe, type ServiceCall } from '../utils/service-diagnostics.js';

/** What an operator finds all lines and spans of one request by. */
const CORRELATION_ID = 'correlation.id';

/** What belongs to a request while it is answered. */
const requests = new WeakMap<FastifyRequest, Context>();

/** The span of a call, and that of its attempt under way. */
interface TracedCall {
  readonly span: Span;
  readonly context: Context;
  attempt: Span | undefined;
}

const calls = new WeakMap<ServiceCall, TracedCall>();
let isObserved = false;

/**
 * Traces what this service does for others and asks of others, with whatever OpenTelemetry SDK is set up; without one
 * it costs next to nothing and does nothing.
 */
export const serviceTracing = fp(
  (app, _options, done) => {
    // Not before: of several copies of the API only the one that the SDK uses tells its older tracers of it.
    const tracer = trace.getTracer('service-tracing');
    // The channels are those of the process, however many applications it has.
    if (!isObserved) observeCalls(tracer);
    isObserved = true;

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

function observeCalls(tracer: Tracer): void {
  observe('service-client:start', (call) => {
    const span = tracer.startSpan(`call ${call.client.service}`, {
      attributes: {
        [CORRELATION_ID]: call.correlationId,
        'circuit_breaker.state': call.client.getCircuitStats().state,
      },
    });
    calls.set(call, { span, context: trace.setSpan(context.active(), span), attempt: undefined });
  });
  observe('service-client:attempt', ({ call, attempt }) => {
    const traced = calls.get(call);
    if (traced === undefined) return;
    const options = { kind: SpanKind.CLIENT, attributes: attemptAttributes(call, attempt) };
    traced.attempt = tracer.startSpan(attemptName(call), options, traced.context);
    propagation.inject(trace.setSpan(traced.context, traced.attempt), call.headers);
  });
  observe('service-client:retry', ({ call, attempt, delayMs, result, status }) => {
    const traced = calls.get(call);
    if (traced === undefined) return;
    endAttempt(traced, result, status);
    traced.span.addEvent('retry', { attempt, delay_ms: Math.round(delayMs) });
  });
  observe('service-client:end', ({ call, result, status }) => {
    const traced = calls.get(call);
    if (traced === undefined) return;
    endAttempt(traced, result, status);
    if (result !== 'success') fail(traced.span, errorType(result, status));
    traced.span.end();
  });
  observe('service-client:refuse', ({ client, retryAfterMs }) => {
    const span = tracer.startSpan(`call ${client.service}`, {
      attributes: { 'circuit_breaker.state': client.getCircuitStats().state },
    });
    span.addEvent('circuit_breaker.refused', { retry_after_ms: Math.round(retryAfterMs) });
    fail(span, 'circuit_open');
    span.end();
  });
  observe('circuit-breaker:change', ({ client, from, to }) => {
    trace.getActiveSpan()?.addEvent('circuit_breaker.change', { circuit: client.service, from, to });
  });
}

function endAttempt(traced: TracedCall, result: CallResult, status: number | undefined): void {
  const { attempt } = traced;
  if (attempt === undefined) return;
  if (status !== undefined) attempt.setAttribute('http.response.status_code', status);
  if (result !== 'success') fail(attempt, errorType(result, status));
  attempt.end();
  traced.attempt = undefined;
}

/** By the semantic conventions: the status when that is the error, else what kind of error it was. */
function errorType(result: CallResult, status: number | undefined): string {
  return result === 'http' && status !== undefined ? String(status) : result;
}

function attemptName({ method, route }: ServiceCall): string {
  return route === undefined ? method : `${method} ${route}`;
}

/** Without the query, which may hold what is private. */
function attemptAttributes(call: ServiceCall, attempt: number): Attributes {
  const { client, correlationId, method, path, route } = call;
  const { hostname, port, protocol } = new URL(client.origin);
  const [pathname = ''] = path.split('?', 1);
  return {
    [CORRELATION_ID]: correlationId,
    'http.request.method': method,
    'server.address': hostname,
    'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    'url.full': client.origin + pathname,
    ...(route !== undefined && { 'url.template': route }),
    ...(attempt > 0 && { 'http.request.resend_count': attempt }),
  };
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
