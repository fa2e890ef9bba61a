import { setTimeout as sleep } from 'node:timers/promises'

import {
	CircuitBreaker,
	type CircuitBreakerOptions,
	CircuitOpenError,
	type CircuitStats
} from './circuit-breaker.js'
import { CallDeadline } from './call-deadline.js'
import { type HttpResponse, HttpTransport } from './http-transport.js'
import { createRetryPolicy, type RetryOptions, type RetryPolicy } from './retry-policy.js'
import { type ClientObserver, defaultObserver, type ServiceCall } from './client-observer.js'
import { ServiceClientError, type ServiceClientErrorKind } from './service-client-error.js'
import {
	buildRequest,
	type CallContext,
	checkHeaders,
	type RequestOptions,
	type ServiceRequest
} from './service-request.js'

export { ServiceClientError, type ServiceClientErrorKind, type RequestOptions }

/** The part of a logger that the client uses; `app.log` is one. */
export interface ServiceClientLogger {
	debug(details: object, message: string): void
	warn(details: object, message: string): void
}

export interface ServiceClientOptions {
	/** http or https, with or without a path that every request begins with. */
	baseUrl: string
	/** Milliseconds for a whole call, retries and reading of the body included. Default 10 000. */
	timeout?: number
	/** `name` defaults to the host of `baseUrl`. */
	circuitBreakerOptions?: CircuitBreakerOptions
	/** Whether the circuit counts an answer below 500 that was rejected as a failure. Default: it counts none. */
	isFailure?: (error: ServiceClientError) => boolean
	/** False: never retry. */
	retry?: RetryOptions | false
	/** Sent with every request. */
	headers?: Readonly<Record<string, string | undefined>>
	/** Bytes of a response body above which it is refused. Default 1 MiB. */
	maxResponseBytes?: number
	logger?: ServiceClientLogger
	/** Told what becomes of each call. Default: service-diagnostics.ts where it is, else nobody. */
	observer?: ClientObserver
	/**
	 * What calls take over from the request that their caller serves: correlation ID, trace, what is left of its time, and
	 * whether it is still waited for. Headers of the client and of the call come first. Default: nothing.
	 */
	context?: () => CallContext | undefined
	/** Sends the credentials of that request too. Default: false. */
	forwardToken?: boolean
}

export interface ServiceResponse<T> {
	status: number
	headers: HttpResponse['headers']
	/** The parsed JSON; undefined for an empty body. Its type is the caller's word: check what you rely on. */
	data: T
}

const TIME_LEFT = 'x-request-timeout-ms'
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i
/** However long a service asks to be left alone, not longer than this. */
const MAX_RETRY_AFTER_MS = 300_000
/** Levels of arrays and objects in an answer: to parse a megabyte of brackets stops the process for 0.1 s or more. */
const MAX_JSON_DEPTH = 100

/**
 * Calls one service: JSON in and out, one deadline per call, a circuit breaker in front. Every rejection but a
 * TypeError or RangeError for wrong input is a {@link ServiceClientError}.
 */
export class ServiceClient {
	readonly origin: string
	/** The name of its circuit. */
	readonly service: string
	readonly #options: ServiceClientOptions
	readonly #basePath: string
	readonly #timeout: number
	readonly #headers: Readonly<Record<string, string>>
	readonly #breaker: CircuitBreaker
	readonly #transport: HttpTransport
	readonly #retry: RetryPolicy | undefined
	readonly #observer: ClientObserver | undefined
	#inFlight = 0
	#onIdle: (() => void) | undefined
	#closing: Promise<void> | undefined
	/** When the last timeout was counted that this process noticed late, in milliseconds of `performance.now()`. */
	#lateCountedAt = -Number.POSITIVE_INFINITY

	/**
	 * @throws TypeError when `baseUrl` is not http(s) or holds credentials, or a header cannot be sent; RangeError for a
	 * number that makes no sense
	 */
	constructor(options: ServiceClientOptions) {
		const url = new URL(options.baseUrl)
		if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
			throw new TypeError('baseUrl must be an http or https URL without credentials')
		}
		this.origin = url.origin
		this.#options = { ...options }
		this.#basePath = url.pathname.replace(/\/+$/, '')
		this.#timeout = aboveZero('timeout', options.timeout ?? 10_000)
		this.#headers = checkHeaders(options.headers ?? {})
		this.#observer = options.observer ?? defaultObserver
		this.#breaker = this.#createBreaker({ name: url.host, ...options.circuitBreakerOptions })
		this.service = this.#breaker.name
		const maxBytes = aboveZero('maxResponseBytes', options.maxResponseBytes ?? 1_048_576)
		this.#transport = new HttpTransport(url.origin, maxBytes)
		this.#retry = options.retry === false ? undefined : createRetryPolicy(options.retry)
		this.#observer?.clientCreated(this)
	}

	get<T>(path: string, options?: RequestOptions): Promise<ServiceResponse<T>> {
		return this.#call('GET', path, undefined, options)
	}

	delete<T>(path: string, options?: RequestOptions): Promise<ServiceResponse<T>> {
		return this.#call('DELETE', path, undefined, options)
	}

	post<T>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
		return this.#call('POST', path, body, options)
	}

	put<T>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
		return this.#call('PUT', path, body, options)
	}

	patch<T>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
		return this.#call('PATCH', path, body, options)
	}

	getCircuitStats(): CircuitStats {
		return this.#breaker.getStats()
	}

	/** Milliseconds for which the circuit lets no call through, counted as a rejection at a fraction of its cost; else 0. */
	refuseForMs(): number {
		const waitMs = this.#breaker.refuseForMs()
		if (waitMs > 0) this.#observer?.callRefused(this, waitMs)
		return waitMs
	}

	/** Retries that are saved up now; undefined: it never retries. */
	getRetryBudget(): number | undefined {
		return this.#retry?.saved
	}

	/** Closes the circuit by hand. */
	resetCircuit(): void {
		this.#breaker.reset()
	}

	/** Waits for the calls in flight, none longer than its deadline, and lets go of the connections; later calls fail. */
	close(): Promise<void> {
		this.#closing ??= this.#end()
		return this.#closing
	}

	async #end(): Promise<void> {
		this.#observer?.clientClosed(this)
		const idle = new Promise<void>((resolve) => {
			this.#onIdle = resolve
		})
		if (this.#inFlight > 0) await idle
		await this.#transport.close()
	}

	#createBreaker(options: CircuitBreakerOptions): CircuitBreaker {
		return new CircuitBreaker({
			...options,
			// A probe that is slow but within its deadline must not count as lost, also when the process is busy.
			probeTimeout: Math.max(options.probeTimeout ?? options.timeout ?? 0, this.#timeout + 1_000),
			onStateChange: (change) => {
				const { name: circuit, from, to } = change
				this.#options.logger?.warn({ circuit, from, to }, 'Circuit changed state')
				this.#observer?.circuitChanged(this, from, to)
				options.onStateChange?.(change)
			}
		})
	}

	async #call<T>(
		method: ServiceRequest['method'],
		path: string,
		data: unknown,
		options: RequestOptions = {}
	): Promise<ServiceResponse<T>> {
		const body = (JSON.stringify(data) as string | undefined) ?? null
		const context = this.#options.context?.()
		const headers = context === undefined ? this.#headers : this.#headersIn(context)
		const request = buildRequest(method, this.#basePath, path, body !== null, options, headers)
		const timeout = aboveZero('timeout', options.timeout ?? this.#timeout)
		const call: ServiceCall = { client: this, ...request }
		if (this.#closing !== undefined)
			throw this.#error('network', call, { cause: new Error('The client is closed') })
		const permit = this.#breaker.tryAcquire()
		if (permit === 0) throw this.#refusal(call)

		const observer = this.#observer?.callStarted(call) === true ? this.#observer : undefined
		const deadline = new CallDeadline(timeout, options.signal, context)
		const sendsTime = context !== undefined && call.headers[TIME_LEFT] === undefined
		this.#inFlight += 1
		try {
			const response = await this.#exchange<T>(call, body, deadline, sendsTime, observer)
			this.#breaker.success(permit, deadline.elapsedMs)
			observer?.callEnded(call, deadline.elapsedMs, response.status)
			return response
		} catch (error) {
			this.#settle(permit, error as ServiceClientError, deadline)
			observer?.callEnded(call, deadline.elapsedMs, error)
			throw error
		} finally {
			deadline.end()
			this.#inFlight -= 1
			if (this.#inFlight === 0) this.#onIdle?.()
		}
	}

	/** Those of the client, and what the request that the caller serves came with. */
	#headersIn({ correlationId, traceparent, authorization }: CallContext): Record<string, string> {
		const token = this.#options.forwardToken === true ? authorization : undefined
		const inherited = { 'x-correlation-id': correlationId, traceparent, authorization: token }
		return { ...checkHeaders(inherited), ...this.#headers }
	}

	/** One or more attempts; the breaker sees the last one's outcome only. */
	async #exchange<T>(
		call: ServiceCall,
		body: string | null,
		deadline: CallDeadline,
		sendsTime: boolean,
		observer: ClientObserver | undefined
	): Promise<ServiceResponse<T>> {
		this.#retry?.onCall()
		let delayMs: number | undefined
		for (let attempt = 0; ; attempt += 1) {
			try {
				if (delayMs !== undefined) await deadline.until(sleep(delayMs, undefined, { ref: false }))
				// Rounded up, and never 0, which says nothing: who is called must not give up before its caller does.
				if (sendsTime) call.headers[TIME_LEFT] = String(Math.ceil(deadline.remainingMs) || 1)
				observer?.attemptStarted(call, attempt)
				return this.#accept<T>(await this.#transport.send(call, body, deadline), call)
			} catch (cause) {
				const error =
					cause instanceof ServiceClientError
						? cause
						: this.#error(deadline.reason ?? 'network', call, { cause })
				const isTemporary = error.kind === 'network' || [429, 502, 503, 504].includes(error.status ?? 0)
				const retry = call.retryable && isTemporary ? this.#retry : undefined
				delayMs = retry?.next(attempt, error.retryAfterMs, deadline.remainingMs)
				if (delayMs === undefined) throw error
				const { correlationId } = call
				const details = { service: this.service, attempt, delayMs, correlationId }
				this.#options.logger?.debug(details, 'Retrying a call')
				observer?.retryPlanned(call, attempt, delayMs, error)
			}
		}
	}

	#accept<T>(response: HttpResponse, call: ServiceCall): ServiceResponse<T> {
		const { status, headers } = response
		const json = parseJson(response)
		if (status < 200 || status > 299) {
			const isBusy = status === 429 || status === 503
			const retryAfterMs = isBusy ? retryAfterOf(headers['retry-after']) : undefined
			throw this.#error('http', call, { status, retryAfterMs, body: json?.value })
		}
		if (json === undefined) throw this.#error('invalid_response', call, { status })
		return { status, headers, data: json.value as T }
	}

	/** Whatever a service answers below 500, it is up: its circuit is about outages, not about what it says. */
	#settle(permit: number, error: ServiceClientError, deadline: CallDeadline): void {
		const { kind, status = 500 } = error
		const isGivenUp = kind === 'aborted' || deadline.isCutShort
		const saysNothing = isGivenUp || (kind === 'timeout' && this.#isCounted(deadline))
		const isUp = status < 500 && this.#options.isFailure?.(error) !== true
		if (saysNothing) this.#breaker.release(permit)
		else if (isUp) this.#breaker.success(permit, deadline.elapsedMs)
		else this.#breaker.failure(permit, error, deadline.elapsedMs)
	}

	/**
	 * Calls that run out of time while this process stands still say more about it than about the service: together they
	 * count once. A timeout that was counted after this one was due is of the same standstill.
	 */
	#isCounted({ missedAt }: CallDeadline): boolean {
		if (missedAt === undefined) return false
		if (this.#lateCountedAt >= missedAt) return true
		this.#lateCountedAt = performance.now()
		return false
	}

	#refusal(call: ServiceCall): ServiceClientError {
		const retryAfterMs = this.#breaker.retryAfterMs()
		const cause = new CircuitOpenError(this.service, retryAfterMs)
		this.#observer?.callRefused(this, retryAfterMs)
		return this.#error('circuit_open', call, { cause, retryAfterMs })
	}

	#error(
		kind: ServiceClientErrorKind,
		{ correlationId }: ServiceCall,
		details: Partial<Pick<ServiceClientError, 'status' | 'retryAfterMs' | 'body' | 'cause'>>
	): ServiceClientError {
		const { service } = this
		const answered = details.status === undefined ? '' : ` (status ${String(details.status)})`
		const message = `Call to ${service} failed: ${kind}${answered}`
		return new ServiceClientError(kind, message, { service, correlationId, ...details })
	}
}

/** The value of a JSON answer, undefined for an empty one; without it for anything else. */
function parseJson({ headers, text }: HttpResponse): { value: unknown } | undefined {
	// RFC 8259 lets a reader ignore a byte order mark; JSON.parse() does not.
	const json = text.replace(/^\uFEFF/, '')
	if (json === '') return { value: undefined }
	try {
		const isJson = JSON_TYPE.test(headers['content-type'] ?? '') && !isTooDeep(json)
		return isJson ? { value: JSON.parse(json) as unknown } : undefined
	} catch {
		return undefined
	}
}

function isTooDeep(json: string): boolean {
	// To parse so few brackets costs less than to count them.
	if (json.length <= 16_384) return false
	let depth = 0
	let inText = false
	for (let at = 0; at < json.length; at += 1) {
		const character = json[at]
		if (character === '"') inText = !inText
		else if (inText) at += character === '\\' ? 1 : 0
		else if (character === '[' || character === '{') depth += 1
		else if (character === ']' || character === '}') depth -= 1
		if (depth > MAX_JSON_DEPTH) return true
	}
	return false
}

/** `Retry-After` in seconds or as a date, as milliseconds from now. */
function retryAfterOf(header: string | string[] | undefined): number | undefined {
	if (typeof header !== 'string' || header === '') return undefined
	const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now()
	return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined
}

function aboveZero(name: string, value: number): number {
	if (Number.isFinite(value) && value > 0) return value
	throw new RangeError(`${name} must be finite and above 0, got ${String(value)}`)
}
