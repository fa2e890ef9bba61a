import { randomUUID } from 'node:crypto'

import type { HttpRequest } from './http-transport.js'

export interface RequestOptions {
	/** Sent as `X-Correlation-ID`; one that is not `[A-Za-z0-9._:-]{1,128}` is replaced by a new one. */
	correlationId?: string | undefined
	/** Beside the client's own; a `traceparent` that is not W3C's is left out. */
	headers?: Readonly<Record<string, string | undefined>>
	/** Milliseconds for the whole call. Default: the client's; longer than that, a probe may count as lost. */
	timeout?: number
	/** Cancels the call. */
	signal?: AbortSignal
	query?: Readonly<Record<string, string | number | boolean | undefined>>
	/** Sent as `Idempotency-Key`; lets POST and PATCH be retried. */
	idempotencyKey?: string
	/** True: a POST or PATCH that may be retried, because it only reads. */
	idempotent?: boolean
	/** The pattern of the path, such as `/users/:id`: what metrics and traces call it. */
	route?: string
}

const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const PATH = /^\/(?!\/)[\x21-\x7e]*$/
/** Without anything that could climb. */
const PLAIN_PATH = /^(?:\/[\w~-]+)+$/
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** The transport's own business. */
const RESERVED = new Set([
	'connection',
	'content-length',
	'expect',
	'host',
	'keep-alive',
	'transfer-encoding',
	'upgrade'
])

/** The given ID when it is safe to log and to pass on, else a new one. */
export function ensureCorrelationId(given: string | undefined): string {
	return given !== undefined && CORRELATION_ID.test(given) ? given : randomUUID()
}

/**
 * Builds the request, all input checked.
 * @throws TypeError when the path leaves the base URL, a header is not valid, or the body is not JSON
 */
export function buildRequest(
	method: HttpRequest['method'],
	basePath: string,
	path: string,
	body: unknown,
	options: RequestOptions,
	headers: Readonly<Record<string, string>>
): HttpRequest {
	const text = body === undefined ? undefined : JSON.stringify(body)
	return {
		method,
		path: basePath + checkedPath(path) + queryString(options.query, path.includes('?')),
		headers: buildHeaders(text !== undefined, options, headers),
		body: text
	}
}

function checkedPath(path: string): string {
	if (PLAIN_PATH.test(path)) return path
	const [pathname = ''] = path.split('?', 1)
	const segments = pathname.replace(/%2f/gi, '/').replace(/%2e/gi, '.').split('/')
	const climbs = segments.some((segment) => segment === '.' || segment === '..')
	if (!PATH.test(path) || climbs || /[\\#]|%5c/i.test(pathname) || path.includes('#')) {
		throw new TypeError('The path must begin with one "/" and stay below the base URL')
	}
	return path
}

function queryString(query: RequestOptions['query'], hasQuery: boolean): string {
	if (query === undefined) return ''
	const search = new URLSearchParams()
	for (const [name, value] of Object.entries(query)) {
		if (value !== undefined) search.append(name, String(value))
	}
	const text = search.toString()
	return text === '' ? '' : `${hasQuery ? '&' : '?'}${text}`
}

function buildHeaders(
	hasBody: boolean,
	options: RequestOptions,
	defaults: Readonly<Record<string, string>>
): Record<string, string> {
	const headers: Record<string, string> = { accept: 'application/json' }
	if (hasBody) headers['content-type'] = 'application/json'
	Object.assign(headers, defaults)
	if (options.headers !== undefined) Object.assign(headers, checkHeaders(options.headers))
	if (options.idempotencyKey !== undefined) {
		if (!HEADER_VALUE.test(options.idempotencyKey)) throw new TypeError('The idempotency key cannot be sent')
		headers['idempotency-key'] = options.idempotencyKey
	}
	return headers
}

/**
 * The headers that have a value, by their names in lower case; without a `traceparent` that is not W3C's.
 * @throws TypeError when one cannot be sent
 */
export function checkHeaders(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
	const headers: Record<string, string> = {}
	for (const [name, value] of Object.entries(given)) {
		if (value === undefined) continue
		const key = name.toLowerCase()
		if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value) || RESERVED.has(key)) {
			throw new TypeError(`The header ${JSON.stringify(name)} cannot be sent`)
		}
		if (key !== 'traceparent' || TRACEPARENT.test(value)) headers[key] = value
	}
	return headers
}
