import { type Attributes, propagation, type Span, SpanKind, trace } from '@opentelemetry/api';

import {
  type CallEnd,
  type CallRetry,
  observe,
  type ServiceCall,
} from '../add-service-client/service-diagnostics.ts';
import { type AttemptTracing, errorType } from './call-spans.ts';
import { CORRELATION_ID, failSpan } from './span-conventions.ts';

/** Makes a client span of each attempt, whose context the service that is called gets. */
export const traceAttempts: AttemptTracing = (tracer, contextOf) => {
  const attempts = new WeakMap<ServiceCall, Span>();
  const endAttempt = ({ call, result, status }: CallEnd | CallRetry): void => {
    const span = attempts.get(call);
    if (span === undefined) return;
    attempts.delete(call);
    if (status !== undefined) span.setAttribute('http.response.status_code', status);
    if (result !== 'success') failSpan(span, errorType(result, status));
    span.end();
  };

  observe('service-client:attempt', ({ call, attempt }) => {
    const caller = contextOf(call);
    if (caller === undefined) return;
    const { method, route = '' } = call;
    const options = { kind: SpanKind.CLIENT, attributes: attributesOf(call, attempt) };
    const span = tracer.startSpan(`${method} ${route}`.trim(), options, caller);
    attempts.set(call, span);
    propagation.inject(trace.setSpan(caller, span), call.headers);
  });
  observe('service-client:retry', endAttempt);
  observe('service-client:end', endAttempt);
};

/** Without the query, which may be private. */
function attributesOf(call: ServiceCall, attempt: number): Attributes {
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
