import { performance } from 'node:perf_hooks';

/** One request and what came back. */
export type Reply = Readonly<{
  method: string;
  /** Service and path, for people: `user /users`. */
  target: string;
  /** What stood in the Authorization header, for people: `no token`. */
  sent: string;
  status: number;
  /** From the call to the last byte of the body, milliseconds. */
  latencyMs: number;
  correlationId: string;
  /** The correlation ID in the response's header. */
  echoed: string | undefined;
  /** Seconds. */
  retryAfter: number | undefined;
  body: unknown;
}>;

export type Ask = Readonly<{
  method: 'GET' | 'POST';
  service: string;
  origin: string;
  path: string;
  correlationId: string;
  sent: string;
  token?: string;
  json?: unknown;
  /** How long the caller says that it waits, milliseconds. */
  timeoutMs?: number;
}>;

const LIMIT_MS = 15_000;

/** Sends one request and measures it. @throws TypeError when nobody listens, DOMException after 15 s */
export async function sendRequest(ask: Ask): Promise<Reply> {
  const started = performance.now();
  const response = await fetch(new URL(ask.path, ask.origin), {
    method: ask.method,
    headers: {
      'x-correlation-id': ask.correlationId,
      ...(ask.token !== undefined && { authorization: `Bearer ${ask.token}` }),
      ...(ask.json !== undefined && { 'content-type': 'application/json' }),
      ...(ask.timeoutMs !== undefined && { 'x-request-timeout-ms': String(ask.timeoutMs) }),
    },
    ...(ask.json !== undefined && { body: JSON.stringify(ask.json) }),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const text = await response.text();
  const retryAfter = response.headers.get('retry-after');
  return {
    method: ask.method,
    target: `${ask.service} ${ask.path}`,
    sent: ask.sent,
    status: response.status,
    latencyMs: performance.now() - started,
    correlationId: ask.correlationId,
    echoed: response.headers.get('x-correlation-id') ?? undefined,
    retryAfter: retryAfter === null ? undefined : Number(retryAfter),
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
