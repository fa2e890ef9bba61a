import type { Attributes, Context, Span } from '@opentelemetry/api';
import { context, propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { CORRELATION_ID, failSpan } from './span-conventions.ts';

/** Makes a server span of each request, in the trace of its caller; `bindTrace` is called with it. */
export function traceRequests(
  app: FastifyInstance,
  bindTrace?: (request: FastifyRequest, reply: FastifyReply, span: Span) => void,
): void {
  // Not at import: of several copies of the API only the one that the SDK uses updates its older tracers.
  const tracer = trace.getTracer('service-tracing');
  const contexts = new WeakMap<FastifyRequest, Context>();
  const end = (request: FastifyRequest, reply?: FastifyReply): void => {
    const span = trace.getSpan(contexts.get(request) ?? ROOT_CONTEXT);
    if (contexts.delete(request) && span !== undefined) endSpan(span, reply);
  };

  app.addHook('onRequest', (request, reply, next) => {
    const caller = propagation.extract(context.active(), request.headers);
    const { url: route = '' } = request.routeOptions;
    const options = { kind: SpanKind.SERVER, attributes: attributesOf(request) };
    const span = tracer.startSpan(`${request.method} ${route}`.trim(), options, caller);
    const own = trace.setSpan(caller, span);
    contexts.set(request, own);
    bindTrace?.(request, reply, span);
    context.with(own, next);
  });
  // Reading a body has changed the context.
  app.addHook('preValidation', (request, _reply, next) => {
    context.with(contexts.get(request) ?? context.active(), next);
  });
  app.addHook('onResponse', (request, reply, next) => {
    end(request, reply);
    next();
  });
  app.addHook('onRequestAbort', (request, next) => {
    end(request);
    next();
  });
}

/** Without the query, which may be private. */
function attributesOf(request: FastifyRequest): Attributes {
  const { headers, method, protocol, routeOptions, url } = request;
  const [path = ''] = url.split('?', 1);
  // For a request without a host, Fastify 4 has no hostname, whatever its type says.
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
function endSpan(span: Span, reply: FastifyReply | undefined): void {
  if (reply === undefined) {
    failSpan(span, 'aborted');
  } else {
    const correlationId = reply.getHeader('x-correlation-id');
    if (typeof correlationId === 'string') span.setAttribute(CORRELATION_ID, correlationId);
    span.setAttribute('http.response.status_code', reply.statusCode);
    // 4xx is the caller's mistake.
    if (reply.statusCode >= 500) failSpan(span, String(reply.statusCode));
  }
  span.end();
}
