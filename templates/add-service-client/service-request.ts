import { randomUUID } from 'node:crypto';

export interface RequestOptions {
  /** Sent as `X-Correlation-ID`; one that is not `[A-Za-z0-9._:-]{1,128}` is replaced by a new one. */
  correlationId?: string | undefined;
  /** Beside the client's own; a `traceparent` that is not W3C's is left out. */
  headers?: Readonly<Record<string, string | undefined>>;
  /**
   * Milliseconds for the whole call, or what is left in its context where that is less. Default: the client's; longer
   * than that, a probe may count as lost.
   */
  timeout?: number;
  /** Cancels the call. */
  signal?: AbortSignal;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as `Idempotency-Key`; lets POST and PATCH be retried. */
  idempotencyKey?: string;
  /** True: a POST or PATCH that may be retried, because it only reads. */
  idempotent?: boolean;
  /** The pattern of the path, such as `/users/:id`: what metrics and traces call it. */
  route?: string;
}

/** What a call takes over from the request that its caller serves. */
export interface CallContext {
  readonly correlationId: string;
  /** One that is not W3C's is left out. */
  readonly traceparent: string | undefined;
  /** The user's credentials, as they came. */
  readonly authorization: string | undefined;
  /** Milliseconds until nobody waits for the answer any more; never below 0, and Infinity without a deadline. */
  readonly remainingMs: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal | undefined;
}

/** A request as it is sent, but for its body. */
export interface ServiceRequest {
  readonly method: 'GET' | 'DELETE' | 'POST' | 'PUT' | 'PATCH';
  /** With its query: it may hold what is private, and takes any number of values. */
  readonly path: string;
  readonly route: string | undefined;
  readonly correlationId: string;
  /** May be added to until it is sent. */
  readonly headers: Record<string, string>;
  readonly retryable: boolean;
}

const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const PATH = /^\/(?!\/)[\x21\x22\x24-\x7e]*$/;
/** A segment of dots, or a backslash, also as servers decode them. */
const CLIMBS = /(?:\/|%2f)(?:\.|%2e){1,2}(?=\/|%2f|$)|\\|%5c/i;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** The transport's own business. */
const RESERVED = /^(?:connection|content-length|expect|host|keep-alive|transfer-encoding|upgrade)$/;

/** The given ID when it is safe to log and to pass on, else a new one. */
export function ensureCorrelationId(given: string | undefined): string {
  return given !== undefined && CORRELATION_ID.test(given) ? given : randomUUID();
}

/**
 * Builds the request, all input checked.
 * @throws TypeError when the path leaves the base URL or a header cannot be sent
 */
export function buildRequest(
  method: ServiceRequest['method'],
  basePath: string,
  path: string,
  hasBody: boolean,
  options: RequestOptions,
  defaults: Readonly<Record<string, string>>,
): ServiceRequest {
  if (!PATH.test(path) || CLIMBS.test(path.replace(/\?.*/, ''))) {
    throw new TypeError('The path must begin with one "/" and stay below the base URL');
  }
  const { idempotencyKey, idempotent = false, query, route } = options;
  const headers: Record<string, string> = { accept: 'application/json' };
  if (hasBody) headers['content-type'] = 'application/json';
  Object.assign(headers, defaults, checkHeaders(options.headers ?? {}));
  if (idempotencyKey !== undefined) {
    if (!HEADER_VALUE.test(idempotencyKey)) throw new TypeError('The idempotency key cannot be sent');
    headers['idempotency-key'] = idempotencyKey;
  }
  const correlationId = ensureCorrelationId(options.correlationId ?? headers['x-correlation-id']);
  headers['x-correlation-id'] = correlationId;
  const isRepeatable = method !== 'POST' && method !== 'PATCH';
  const retryable = isRepeatable || idempotent || idempotencyKey !== undefined;
  const target = basePath + path + queryString(query, path);
  return { method, path: target, route, correlationId, headers, retryable };
}

function queryString(query: RequestOptions['query'], path: string): string {
  if (query === undefined) return '';
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const entries = given.map(([name, value]): [string, string] => [name, String(value)]);
  const text = new URLSearchParams(entries).toString();
  return text === '' ? '' : `${path.includes('?') ? '&' : '?'}${text}`;
}

/**
 * The headers that have a value, by their names in lower case; without a `traceparent` that is not W3C's.
 * @throws TypeError when one cannot be sent
 */
export function checkHeaders(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const key = name.toLowerCase();
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value) || RESERVED.test(key)) {
      throw new TypeError(`The header ${JSON.stringify(name)} cannot be sent`);
    }
    if (key !== 'traceparent' || TRACEPARENT.test(value)) headers[key] = value;
  }
  return headers;
}
