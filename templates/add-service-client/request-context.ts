import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';

import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

import { type CallContext, ensureCorrelationId } from './service-request.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True: the calls of this route go on when its caller has hung up or has no time left. */
    mustFinish?: boolean;
  }
}

export interface RequestContextOptions {
  /**
   * Milliseconds that all calls of one request may take together; a caller's header only ever shortens it. Default: no
   * limit but that of each call.
   */
  timeout?: number;
}

/** What callers, and proxies in between, say of the milliseconds that they still wait. */
const DEADLINE_HEADERS = ['x-request-timeout-ms', 'x-envoy-expected-rq-timeout-ms'];
const MILLISECONDS = /^[1-9]\d{0,8}$/;
const BEARER = /^Bearer +[A-Za-z0-9._~+/-]+=*$/i;
/** An ID of Fastify's own: a count, as every process has it. */
const COUNTED_ID = /^req-[0-9a-z]+$/;

const storage = new AsyncLocalStorage<CallContext>();

/** The request that the caller of this function serves, as a ServiceClient takes it; undefined outside of one. */
export function currentContext(): CallContext | undefined {
  return storage.getStore();
}

/** Worked out when a call asks for it: most requests cause none. */
class RequestContext implements CallContext {
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #timeoutMs: number;
  readonly #startedAt = performance.now();
  #correlationId: string | undefined;
  #departure: AbortController | undefined;

  constructor(request: FastifyRequest, reply: FastifyReply, timeoutMs: number) {
    this.#request = request;
    this.#reply = reply;
    this.#timeoutMs = timeoutMs;
  }

  /** That of the answer where a plugin has set one, else the caller's, the service's own, or a new one. */
  get correlationId(): string {
    const { headers, id } = this.#request;
    const answered = this.#reply.getHeader('x-correlation-id') ?? headers['x-correlation-id'];
    const known = answered ?? (COUNTED_ID.test(id) ? undefined : id);
    this.#correlationId ??= ensureCorrelationId(typeof known === 'string' ? known : undefined);
    return this.#correlationId;
  }

  get traceparent(): string | undefined {
    const { traceparent } = this.#request.headers;
    return typeof traceparent === 'string' ? traceparent : undefined;
  }

  /** A Bearer token alone: no other credentials are ever passed on. */
  get authorization(): string | undefined {
    const { authorization = '' } = this.#request.headers;
    return BEARER.test(authorization) ? authorization : undefined;
  }

  get remainingMs(): number {
    const limits = this.#mustFinish ? [] : DEADLINE_HEADERS.map((name) => this.#millisecondsOf(name));
    return Math.max(0, Math.min(this.#timeoutMs, ...limits) - this.#elapsedMs);
  }

  /** By the answer's stream: Fastify 5.12 aborts `request.signal` as soon as a body has been read. */
  get signal(): AbortSignal | undefined {
    if (this.#mustFinish) return undefined;
    this.#departure ??= departureOf(this.#reply);
    return this.#departure.signal;
  }

  /** Where it logs, Fastify (4.26 and later) knows when the request came: hooks of earlier plugins have taken of its time. */
  get #elapsedMs(): number {
    const { elapsedTime = 0 } = this.#reply as Omit<FastifyReply, 'elapsedTime'> & { elapsedTime?: number };
    return Math.max(elapsedTime, performance.now() - this.#startedAt);
  }

  get #mustFinish(): boolean {
    return this.#request.routeOptions.config.mustFinish === true;
  }

  /** Infinity where the header says nothing that makes sense. */
  #millisecondsOf(header: string): number {
    const value = this.#request.headers[header];
    return typeof value === 'string' && MILLISECONDS.test(value) ? Number(value) : Number.POSITIVE_INFINITY;
  }
}

/** Aborted when the caller hangs up before its answer has been written. */
function departureOf({ raw }: FastifyReply): AbortController {
  const departure = new AbortController();
  const onClose = (): void => {
    if (!raw.writableEnded) departure.abort();
  };
  if (raw.destroyed) onClose();
  else raw.once('close', onClose);
  return departure;
}

/**
 * Gives the calls of a ServiceClient with `context: currentContext` what they need to know of the request that causes
 * them. Register it before all that makes calls.
 */
export default fp<RequestContextOptions>((app, { timeout = Number.POSITIVE_INFINITY }, done) => {
  if (!(timeout > 0)) {
    done(new RangeError(`timeout must be above 0, got ${String(timeout)}`));
    return;
  }
  app.addHook('onRequest', (request, reply, next) => {
    storage.run(new RequestContext(request, reply, timeout), next);
  });
  done();
});
