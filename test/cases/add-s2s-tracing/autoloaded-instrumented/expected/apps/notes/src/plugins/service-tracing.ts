import { type Context, context, propagation, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import fp from 'fastify-plugin'
import { type CallResult, observe, type ServiceCall } from '../utils/service-diagnostics.js'

/** What an operator finds all lines and spans of one request by. */
const CORRELATION_ID = 'correlation.id'

/** The span of a call, and that of its attempt under way. */
interface TracedCall {
	readonly span: Span
	readonly context: Context
	attempt: Span | undefined
}

const calls = new WeakMap<ServiceCall, TracedCall>()
let isObserved = false

/**
 * Traces what this service does for others and asks of others, with whatever OpenTelemetry SDK is set up; without one
 * it costs next to nothing and does nothing.
 */
export const serviceTracing = fp(
	(app, _options, done) => {
		// Not before: of several copies of the API only the one that the SDK uses tells its older tracers of it.
		const tracer = trace.getTracer('service-tracing')
		// The channels are those of the process, however many applications it has.
		if (!isObserved) observeCalls(tracer)
		isObserved = true

		app.addHook('onSend', (_request, reply, _payload, next) => {
			const correlationId = reply.getHeader('x-correlation-id')
			if (typeof correlationId === 'string') trace.getActiveSpan()?.setAttribute(CORRELATION_ID, correlationId)
			next()
		})
		done()
	},
	{ name: 'service-tracing' }
)

export default serviceTracing

function observeCalls(tracer: Tracer): void {
	observe('service-client:start', (call) => {
		const span = tracer.startSpan(`call ${call.client.service}`, {
			attributes: {
				[CORRELATION_ID]: call.correlationId,
				'circuit_breaker.state': call.client.getCircuitStats().state
			}
		})
		calls.set(call, { span, context: trace.setSpan(context.active(), span), attempt: undefined })
	})
	observe('service-client:attempt', ({ call }) => {
		// The instrumentation of the transport makes the span, and puts its own header over this one.
		const traced = calls.get(call)
		if (traced !== undefined) propagation.inject(traced.context, call.headers)
	})
	observe('service-client:retry', ({ call, attempt, delayMs, result, status }) => {
		const traced = calls.get(call)
		if (traced === undefined) return
		endAttempt(traced, result, status)
		traced.span.addEvent('retry', { attempt, delay_ms: Math.round(delayMs) })
	})
	observe('service-client:end', ({ call, result, status }) => {
		const traced = calls.get(call)
		if (traced === undefined) return
		endAttempt(traced, result, status)
		if (result !== 'success') fail(traced.span, errorType(result, status))
		traced.span.end()
	})
	observe('service-client:refuse', ({ client, retryAfterMs }) => {
		const span = tracer.startSpan(`call ${client.service}`, {
			attributes: { 'circuit_breaker.state': client.getCircuitStats().state }
		})
		span.addEvent('circuit_breaker.refused', { retry_after_ms: Math.round(retryAfterMs) })
		fail(span, 'circuit_open')
		span.end()
	})
	observe('circuit-breaker:change', ({ client, from, to }) => {
		trace.getActiveSpan()?.addEvent('circuit_breaker.change', { circuit: client.service, from, to })
	})
}

function endAttempt(traced: TracedCall, result: CallResult, status: number | undefined): void {
	const { attempt } = traced
	if (attempt === undefined) return
	if (status !== undefined) attempt.setAttribute('http.response.status_code', status)
	if (result !== 'success') fail(attempt, errorType(result, status))
	attempt.end()
	traced.attempt = undefined
}

/** By the semantic conventions: the status when that is the error, else what kind of error it was. */
function errorType(result: CallResult, status: number | undefined): string {
	return result === 'http' && status !== undefined ? String(status) : result
}

function fail(span: Span, type: string): void {
	span.setAttribute('error.type', type)
	span.setStatus({ code: SpanStatusCode.ERROR })
}
