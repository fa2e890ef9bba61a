import {
	CircuitBreaker,
	type CircuitBreakerOptions,
	CircuitOpenError,
	type CircuitStats
} from './circuit-breaker.js'
import { CallDeadline } from './call-deadline.js'
import {
	type HttpRequest,
	type HttpResponse,
	HttpTransport,
	TransportError
} from './http-transport.js'
import { createRetryPolicy, type RetryOptions, type RetryPolicy } from './retry-policy.js'
import {
	type ClientObserver,
	defaultObserver,
	type ObservedClient,
	type ServiceCall
} from './client-observer.js'
import { ServiceClientError, type ServiceClientErrorKind } from './service-client-error.js'
import { buildRequest, checkHeaders, ensureCorrelationId, type RequestOptions } from './service-request.js'

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
	/** False: never retry. */
	retry?: RetryOptions | false
	/** Sent with every request. */
	headers?: Readonly<Record<string, string | undefined>>
	/** Bytes of a response body above which it is refused. Default 1 MiB. */
	maxResponseBytes?: number
	logger?: ServiceClientLogger
	/** Told what becomes of each call. Default: service-diagnostics.ts where it is, else nobody. */
	observer?: ClientObserver
}

export interface ServiceResponse<T> {
	status: number
	headers: HttpResponse['headers']
	/** The parsed JSON; undefined for an empty body. Its type is the caller's word: check what you rely on. */
	data: T
}

/** What one call needs on its way. */
interface Call {
	request: HttpRequest
	correlationId: string
	deadline: CallDeadline
	retryable: boolean
	/** Undefined when nobody listens. */
	observed: ServiceCall | undefined
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i
/** However long a service asks to be left alone, not longer than this. */
const MAX_RETRY_AFTER_MS = 300_000
/** Levels of arrays and objects in an answer: a megabyte of brackets stops the process for a tenth of a second or more. */
const MAX_JSON_DEPTH = 100
/** Characters up to which brackets alone are no burden, and nobody has to look for them. */
const SMALL_JSON = 16_384

/**
 * Calls one service: JSON in and out, one deadline per call, a circuit breaker in front. Every rejection but a
 * TypeError for wrong input is a {@link ServiceClientError}. An answer of 4xx means that the service is healthy.
 */
export class ServiceClient implements ObservedClient {
	readonly origin: string
	readonly #service: string
	readonly #basePath: string
	readonly #timeout: number
	readonly #headers: Readonly<Record<string, string>>
	readonly #breaker: CircuitBreaker
	readonly #transport: HttpTransport
	readonly #retry: RetryPolicy | undefined
	readonly #logger: ServiceClientLogger | undefined
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
		this.#basePath = url.pathname.replace(/\/+$/, '')
		this.#timeout = aboveZero('timeout', options.timeout ?? 10_000)
		this.#headers = checkHeaders(options.headers ?? {})
		this.#logger = options.logger
		this.#observer = options.observer ?? defaultObserver
		const breaker = { name: url.host, ...options.circuitBreakerOptions }
		// A probe that is slow but within its deadline must not count as lost, also when the process is busy.
		const probeTimeout = Math.max(breaker.probeTimeout ?? breaker.timeout ?? 0, this.#timeout + 1_000)
		this.#breaker = new CircuitBreaker({
			...breaker,
			probeTimeout,
			onStateChange: (change) => {
				this.#logger?.warn(
					{ circuit: change.name, from: change.from, to: change.to },
					'Circuit changed state'
				)
				this.#observer?.circuitChanged({ client: this, from: change.from, to: change.to })
				breaker.onStateChange?.(change)
			}
		})
		this.#service = this.#breaker.name
		this.#transport = new HttpTransport(
			url.origin,
			aboveZero('maxResponseBytes', options.maxResponseBytes ?? 1_048_576)
		)
		this.#retry = options.retry === false ? undefined : createRetryPolicy(options.retry)
		this.origin = url.origin
		this.#observer?.clientCreated(this)
	}

	/** The name of its circuit. */
	get service(): string {
		return this.#service
	}

	get<T = unknown>(path: string, options?: RequestOptions): Promise<ServiceResponse<T>> {
		return this.#call('GET', path, undefined, options)
	}

	delete<T = unknown>(path: string, options?: RequestOptions): Promise<ServiceResponse<T>> {
		return this.#call('DELETE', path, undefined, options)
	}

	post<T = unknown>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
		return this.#call('POST', path, body, options)
	}

	put<T = unknown>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
		return this.#call('PUT', path, body, options)
	}

	patch<T = unknown>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
		return this.#call('PATCH', path, body, options)
	}

	getCircuitStats(): CircuitStats {
		return this.#breaker.getStats()
	}

	/**
	 * Milliseconds for which the circuit lets no call through; 0 when it lets one through. Where every request meets an
	 * open circuit, to look costs a fraction of a call that is rejected, and counts as one.
	 */
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
		if (this.#inFlight > 0) {
			await new Promise<void>((resolve) => {
				this.#onIdle = resolve
			})
		}
		await this.#transport.close()
	}

	async #call<T>(
		method: HttpRequest['method'],
		path: string,
		body: unknown,
		options: RequestOptions = {}
	): Promise<ServiceResponse<T>> {
		const request = buildRequest(method, this.#basePath, path, body, options, this.#headers)
		const correlationId = ensureCorrelationId(options.correlationId ?? request.headers['x-correlation-id'])
		request.headers['x-correlation-id'] = correlationId
		const timeout = aboveZero('timeout', options.timeout ?? this.#timeout)

		if (this.#closing !== undefined) {
			throw this.#error('network', correlationId, undefined, new Error('The client is closed'))
		}
		const permit = this.#breaker.tryAcquire()
		if (permit === 0) throw this.#circuitOpen(correlationId)

		const deadline = new CallDeadline(timeout, options.signal)
		const repeatable = method !== 'POST' && method !== 'PATCH'
		const retryable = repeatable || options.idempotent === true || options.idempotencyKey !== undefined
		this.#inFlight += 1
		const observed = this.#observer?.callStarted(this, request, correlationId, options.route)
		try {
			const response = await this.#exchange<T>({ request, correlationId, deadline, retryable, observed })
			this.#breaker.success(permit, deadline.elapsedMs)
			if (observed !== undefined) this.#observer?.callEnded(observed, deadline.elapsedMs, response.status)
			return response
		} catch (error) {
			this.#settle(permit, error, deadline)
			if (observed !== undefined) this.#observer?.callEnded(observed, deadline.elapsedMs, error)
			throw error
		} finally {
			deadline.end()
			this.#inFlight -= 1
			if (this.#inFlight === 0) this.#onIdle?.()
		}
	}

	/** One or more attempts; the breaker sees the last one's outcome only. */
	async #exchange<T>(call: Call): Promise<ServiceResponse<T>> {
		const { request, correlationId, deadline, observed } = call
		this.#retry?.onCall()
		for (let attempt = 0; ; attempt += 1) {
			if (observed !== undefined) this.#observer?.attemptStarted(observed, attempt)
			try {
				return this.#accept(await this.#transport.send(request, deadline), correlationId)
			} catch (cause) {
				const error = this.#clientError(cause, correlationId)
				const delayMs = this.#delayBeforeRetry(call, attempt, error)
				if (delayMs === undefined) throw error
				this.#logger?.debug({ service: this.#service, attempt, delayMs, correlationId }, 'Retrying a call')
				if (observed !== undefined) this.#observer?.retryPlanned(observed, attempt, delayMs, error)
				await this.#wait(call, delayMs)
			}
		}
	}

	#delayBeforeRetry(call: Call, attempt: number, error: Error): number | undefined {
		if (!call.retryable || !(error instanceof ServiceClientError)) return undefined
		const { kind, status, retryAfterMs } = error
		const temporary = kind === 'network' || (kind === 'http' && isTemporary(status))
		return temporary ? this.#retry?.next(attempt, retryAfterMs, call.deadline.remainingMs) : undefined
	}

	#wait({ correlationId, deadline }: Call, delayMs: number): Promise<void> {
		return new Promise((resolve, reject) => {
			if (deadline.reason !== undefined) {
				reject(this.#error(deadline.reason, correlationId))
				return
			}
			const timer = setTimeout(resolve, delayMs)
			deadline.onCancel = (reason) => {
				clearTimeout(timer)
				reject(this.#error(reason, correlationId))
			}
		})
	}

	#accept<T>(response: HttpResponse, correlationId: string): ServiceResponse<T> {
		const { status, headers } = response
		if (status < 200 || status > 299) throw this.#error('http', correlationId, response)
		return { status, headers, data: this.#parse(response, correlationId) as T }
	}

	/** What the caller gets for what was thrown on the way. */
	#clientError(error: unknown, correlationId: string): Error {
		if (!(error instanceof TransportError)) return error as Error
		const kind = error.kind === 'too_large' ? 'invalid_response' : error.kind
		return this.#error(kind, correlationId, undefined, error.reason ?? error)
	}

	#parse(response: HttpResponse, correlationId: string): unknown {
		if (response.text === '') return undefined
		if (!JSON_TYPE.test(response.headers['content-type'] ?? '') || isTooDeep(response.text)) {
			throw this.#error('invalid_response', correlationId, response)
		}
		try {
			return JSON.parse(response.text)
		} catch {
			// The cause would quote the body.
			throw this.#error('invalid_response', correlationId, response)
		}
	}

	#settle(permit: number, error: unknown, deadline: CallDeadline): void {
		const known = error instanceof ServiceClientError ? error : undefined
		const durationMs = deadline.elapsedMs
		const saysNothing = known?.kind === 'aborted' || (known?.kind === 'timeout' && this.#isCounted(deadline))
		if (saysNothing) this.#breaker.release(permit)
		else if (known?.kind === 'http' && (known.status ?? 0) < 500) this.#breaker.success(permit, durationMs)
		else this.#breaker.failure(permit, error, durationMs)
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

	#error(
		kind: ServiceClientErrorKind,
		correlationId: string,
		response?: HttpResponse,
		cause?: unknown
	): ServiceClientError {
		const status = response?.status
		const retryAfterMs = isBusy(status) ? retryAfterOf(response?.headers['retry-after']) : undefined
		const answered = status === undefined ? '' : ` (status ${String(status)})`
		const message = `Call to ${this.#service} failed: ${kind}${answered}`
		return new ServiceClientError(kind, message, {
			service: this.#service,
			correlationId,
			status,
			retryAfterMs,
			cause
		})
	}

	#circuitOpen(correlationId: string): ServiceClientError {
		const cause = new CircuitOpenError(this.#service, this.#breaker.retryAfterMs())
		const { retryAfterMs } = cause
		this.#observer?.callRefused(this, retryAfterMs)
		const details = { service: this.#service, correlationId, retryAfterMs, cause }
		return new ServiceClientError('circuit_open', cause.message, details)
	}
}

function isTooDeep(json: string): boolean {
	if (json.length <= SMALL_JSON) return false
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

function isBusy(status: number | undefined): boolean {
	return status === 429 || status === 503
}

function isTemporary(status: number | undefined): boolean {
	return isBusy(status) || status === 502 || status === 504
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
