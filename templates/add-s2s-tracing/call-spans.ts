import type { Context, Span, Tracer } from '@opentelemetry/api';
import { context, propagation, trace } from '@opentelemetry/api';

import { type CallResult, observe, type ServiceCall } from '../add-service-client/service-diagnostics.ts';
import { CORRELATION_ID, failSpan } from './span-conventions.ts';

/** Makes spans of the attempts of calls, in the context of their call. */
export type AttemptTracing = (tracer: Tracer, contextOf: ContextOf) => void;
type ContextOf = (call: ServiceCall) => Context | undefined;

let isObserved = false;

/**
 * Makes a span of each call of a ServiceClient, and hands its trace on; `traceAttempts` makes those of its attempts. Once
 * for the process, however many applications it has.
 */
export function traceCalls(traceAttempts?: AttemptTracing): void {
  if (isObserved) return;
  isObserved = true;
  // Not at import: of several copies of the API only the one that the SDK uses updates its older tracers.
  const tracer = trace.getTracer('service-tracing');
  const calls = new WeakMap<ServiceCall, { readonly span: Span; readonly context: Context }>();
  traceAttempts?.(tracer, (call) => calls.get(call)?.context);

  observe('service-client:start', (call) => {
    const { client, correlationId, headers } = call;
    const { state } = client.getCircuitStats();
    const attributes = { [CORRELATION_ID]: correlationId, 'circuit_breaker.state': state };
    const span = tracer.startSpan(`call ${client.service}`, { attributes });
    const own = trace.setSpan(context.active(), span);
    calls.set(call, { span, context: own });
    propagation.inject(own, headers);
  });
  observe('service-client:retry', ({ call, attempt, delayMs }) => {
    calls.get(call)?.span.addEvent('retry', { attempt, delay_ms: Math.round(delayMs) });
  });
  observe('service-client:end', ({ call, result, status }) => {
    const { span } = calls.get(call) ?? {};
    if (span === undefined) return;
    if (result !== 'success') failSpan(span, errorType(result, status));
    span.end();
  });
  observe('service-client:refuse', ({ client, retryAfterMs }) => {
    const attributes = { 'circuit_breaker.state': client.getCircuitStats().state };
    const span = tracer.startSpan(`call ${client.service}`, { attributes });
    span.addEvent('circuit_breaker.refused', { retry_after_ms: Math.round(retryAfterMs) });
    failSpan(span, 'circuit_open');
    span.end();
  });
  observe('circuit-breaker:change', ({ client, from, to }) => {
    const change = { circuit: client.service, from, to };
    trace.getActiveSpan()?.addEvent('circuit_breaker.change', change);
  });
}

/** By the semantic conventions: the status when that is the error, else the kind of error. */
export function errorType(result: CallResult, status: number | undefined): string {
  return result === 'http' && status !== undefined ? String(status) : result;
}
