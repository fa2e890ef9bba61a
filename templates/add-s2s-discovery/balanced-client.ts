import { setTimeout as sleep } from 'node:timers/promises';

import {
  CircuitBreaker,
  CircuitOpenError,
  type CircuitStats,
} from '../add-circuit-breaker/circuit-breaker.ts';
import { CallDeadline } from '../add-service-client/call-deadline.ts';
import { EndpointPool, type PoolMember } from './endpoint-pool.ts';
import { EndpointWatch } from './endpoint-watch.ts';
import type { Endpoint, EndpointSource } from './endpoint-source.ts';
import { createRetryPolicy, type RetryPolicy } from '../add-service-client/retry-policy.ts';
import {
  ServiceClient,
  ServiceClientError,
  type ServiceClientErrorKind,
  type ServiceClientLogger,
  type ServiceClientOptions,
  type ServiceResponse,
} from '../add-service-client/service-client.ts';
import {
  checkHeaders,
  ensureCorrelationId,
  type RequestOptions,
} from '../add-service-client/service-request.ts';

/** What a caller sees of a client, whether it calls one place or many. */
export type ServiceCaller = Pick<
  ServiceClient,
  'get' | 'delete' | 'post' | 'put' | 'patch' | 'getCircuitStats' | 'refuseForMs' | 'resetCircuit' | 'close'
>;

export interface BalancedClientOptions extends Omit<ServiceClientOptions, 'baseUrl'> {
  /** Where the endpoints are. Lookups begin at once and end with `close()`. */
  source: EndpointSource;
  /** Endpoints of this zone get the calls while one of them takes any. Default: all do. */
  zone?: string | undefined;
  /**
   * Milliseconds for which a call that may be repeated waits for one endpoint while there is another one to ask.
   * Default: half of `timeout`.
   */
  attemptTimeout?: number;
}

export interface EndpointStats {
  url: string;
  zone: string | undefined;
  /** Calls that have not been answered yet. */
  inFlight: number;
  circuit: CircuitStats;
}

/** An endpoint with a client of its own: its own connections, its own circuit. */
interface Member extends PoolMember {
  client: ServiceClient;
  /** Calls in flight that were made while the circuit was not closed. */
  probes: number;
  closed: boolean;
  /** Its circuit is open, and the time of its next probe has not been found to have come. */
  asleep: boolean;
  /** Epoch milliseconds at which it takes a probe. */
  wakesAt: number;
}

/** What one call needs on its way. */
interface Call {
  options: RequestOptions;
  correlationId: string;
  deadline: CallDeadline;
  repeatable: boolean;
}

type Send<T> = (client: ServiceClient, options: RequestOptions) => Promise<ServiceResponse<T>>;

/** Calls that were sent and failed may be sent to another endpoint: so many a call, over time. */
const FAILOVERS_PER_CALL = 0.2;
/** So many of them at once, for the moment before a circuit opens. */
const MAX_SAVED_FAILOVERS = 100;
/** Endpoints that one call is sent to at most, times its retries: those that are down cost a call no more than that. */
const MAX_ENDPOINTS_PER_CALL = 10;
/** Endpoints whose time has come that one call takes back: after an outage there may be many. */
const MAX_AWAKENED = 10;
/** Milliseconds for which sums over all endpoints are kept while nothing happens. */
const STATS_MS = 100;
/** Of an exchange that failed before there was a connection. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
]);

/**
 * Calls one service at many endpoints, as a {@link ServiceClient} calls it at one. The better of two random endpoints
 * gets the call: the one with fewer calls in flight (Mitzenmacher, "The Power of Two Choices in Randomized Load
 * Balancing", 2001). An endpoint whose circuit is open gets none until it has passed its probes.
 *
 * A call that was not sent goes to the next endpoint, whatever its method; one that was sent and failed, when it may be
 * repeated and the budget allows it. All of it within one deadline.
 */
export class BalancedClient implements ServiceCaller {
  readonly #options: Omit<BalancedClientOptions, 'logger'>;
  readonly #logger: ServiceClientLogger | undefined;
  readonly #service: string;
  readonly #timeout: number;
  readonly #attemptTimeout: number;
  readonly #watch: EndpointWatch;
  /** By whole URL. */
  readonly #members = new Map<string, Member>();
  readonly #pool: EndpointPool<Member>;
  readonly #closed = new Set<Member>();
  /** Those whose circuits are open; the next one to wake up is the last. */
  #sleeping: Member[] = [];
  #stats: { known: CircuitStats; until: number } | undefined;
  /** Clients of endpoints that are gone, until their last call has ended. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #retry: RetryPolicy | undefined;
  #savedFailovers = MAX_SAVED_FAILOVERS;

  /** @throws TypeError or RangeError as a ServiceClient does, whatever endpoints there will be */
  constructor({ logger, ...options }: BalancedClientOptions) {
    this.#options = options;
    this.#logger = logger;
    this.#service = options.circuitBreakerOptions?.name ?? options.source.name;
    this.#timeout = aboveZero('timeout', options.timeout ?? 10_000);
    this.#attemptTimeout = aboveZero('attemptTimeout', options.attemptTimeout ?? this.#timeout / 2);
    this.#retry = options.retry === false ? undefined : createRetryPolicy(options.retry);
    // Priorities first; within one of them the own zone.
    this.#pool = new EndpointPool(({ priority = 0, zone }) => {
      return priority * 2 + (options.zone === undefined || zone === options.zone ? 0 : 1);
    });
    // Wrong options are told of now, not when the first endpoint is found.
    checkHeaders(options.headers ?? {});
    new CircuitBreaker(options.circuitBreakerOptions);
    this.#watch = new EndpointWatch(
      options.source,
      (endpoints) => {
        this.#update(endpoints);
      },
      logger,
    );
  }

  get<T = unknown>(path: string, options?: RequestOptions): Promise<ServiceResponse<T>> {
    return this.#call(true, options, (client, own) => client.get<T>(path, own));
  }

  delete<T = unknown>(path: string, options?: RequestOptions): Promise<ServiceResponse<T>> {
    return this.#call(true, options, (client, own) => client.delete<T>(path, own));
  }

  post<T = unknown>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
    return this.#call(isRepeatable(options), options, (client, own) => client.post<T>(path, body, own));
  }

  put<T = unknown>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
    return this.#call(true, options, (client, own) => client.put<T>(path, body, own));
  }

  patch<T = unknown>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
    return this.#call(isRepeatable(options), options, (client, own) => client.patch<T>(path, body, own));
  }

  /** All circuits as one: OPEN when every one is, CLOSED when one is; counts are sums, times the first or the last. */
  getCircuitStats(): CircuitStats {
    // While all circuits are open every request may ask.
    const now = performance.now();
    if (this.#stats === undefined || now >= this.#stats.until) {
      this.#stats = { known: this.#sumStats(), until: now + STATS_MS };
    }
    return { ...this.#stats.known };
  }

  #sumStats(): CircuitStats {
    const circuits = this.getEndpointStats().map(({ circuit }) => circuit);
    const sum = (count: (stats: CircuitStats) => number): number =>
      circuits.reduce((total, stats) => total + count(stats), 0);
    const times = (time: (stats: CircuitStats) => number | undefined): number[] =>
      circuits.flatMap((stats) => time(stats) ?? []);
    const isAny = (state: CircuitStats['state']): boolean => circuits.some((stats) => stats.state === state);
    const isOpen = circuits.length > 0 && !isAny('CLOSED');
    return {
      state: isOpen ? (isAny('HALF_OPEN') ? 'HALF_OPEN' : 'OPEN') : 'CLOSED',
      failures: sum((stats) => stats.failures),
      successes: sum((stats) => stats.successes),
      rejections: sum((stats) => stats.rejections),
      totalCalls: sum((stats) => stats.totalCalls),
      consecutiveFailures: sum((stats) => stats.consecutiveFailures),
      consecutiveSuccesses: sum((stats) => stats.consecutiveSuccesses),
      lastFailureTime: times((stats) => stats.lastFailureTime).sort((a, b) => b - a)[0],
      openedAt: times((stats) => stats.openedAt).sort((a, b) => b - a)[0],
      nextAttemptAt: times((stats) => stats.nextAttemptAt).sort((a, b) => a - b)[0],
    };
  }

  getEndpointStats(): EndpointStats[] {
    return [...this.#members.values()].map(({ client, endpoint, inFlight }) => {
      return { url: endpoint.url, zone: endpoint.zone, inFlight, circuit: client.getCircuitStats() };
    });
  }

  /**
   * Milliseconds for which no endpoint takes a call, with the call counted as a rejection at the one that will be the
   * first to take one; 0 when one does, or none is known yet.
   */
  refuseForMs(): number {
    this.#wake();
    if (!this.#pool.isEmpty) return 0;
    const [any] = this.#members.values();
    const next = this.#sleeping[this.#sleeping.length - 1] ?? any;
    const waitMs = next?.client.refuseForMs() ?? 0;
    if (waitMs > 0 && this.#stats !== undefined) this.#stats.known.rejections += 1;
    return waitMs;
  }

  /** Closes the circuits of all endpoints by hand. */
  resetCircuit(): void {
    for (const { client } of this.#members.values()) client.resetCircuit();
    this.#stats = undefined;
  }

  /** Ends the lookups, waits for the calls in flight and lets go of the connections; later calls fail. */
  async close(): Promise<void> {
    this.#watch.close();
    this.#update(new Map());
    await Promise.all(this.#leaving);
  }

  async #call<T>(
    repeatable: boolean,
    options: RequestOptions = {},
    send: Send<T>,
  ): Promise<ServiceResponse<T>> {
    const context = this.#options.context?.();
    const given = options.correlationId ?? checkHeaders(options.headers ?? {})['x-correlation-id'];
    const correlationId = ensureCorrelationId(given ?? context?.correlationId);
    const timeout = aboveZero('timeout', options.timeout ?? this.#timeout);
    const deadline = new CallDeadline(timeout, options.signal, context);
    const call: Call = { options, correlationId, deadline, repeatable };
    this.#savedFailovers = Math.min(this.#savedFailovers + FAILOVERS_PER_CALL, MAX_SAVED_FAILOVERS);
    try {
      if (this.#members.size === 0) await this.#until(call, this.#watch.settled);
      this.#retry?.onCall();
      return await this.#repeat(call, send);
    } finally {
      deadline.end();
    }
  }

  /** When every endpoint has failed, all of them again after a while, as a ServiceClient does with its one. */
  async #repeat<T>(call: Call, send: Send<T>): Promise<ServiceResponse<T>> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#tryEndpoints(call, send);
      } catch (error) {
        const delayMs = this.#delayBeforeRetry(call, attempt, error);
        if (delayMs === undefined) throw error;
        this.#logger?.debug(
          { service: this.#service, attempt, delayMs, correlationId: call.correlationId },
          'Retrying a call at all endpoints',
        );
        await this.#until(call, sleep(delayMs, undefined, { ref: false }));
      }
    }
  }

  #delayBeforeRetry({ deadline, repeatable }: Call, attempt: number, error: unknown): number | undefined {
    if (!repeatable || !(error instanceof ServiceClientError)) return undefined;
    const { kind, retryAfterMs, status = 0 } = error;
    const temporary = kind === 'network' || (kind === 'http' && [429, 502, 503, 504].includes(status));
    return temporary ? this.#retry?.next(attempt, retryAfterMs, deadline.remainingMs) : undefined;
  }

  /** One endpoint after the other, until one has answered or none is left that could. */
  async #tryEndpoints<T>(call: Call, send: Send<T>): Promise<ServiceResponse<T>> {
    const tried = new Set<Member>();
    let failure: ServiceClientError | undefined;
    for (;;) {
      this.#wake();
      const member = tried.size < MAX_ENDPOINTS_PER_CALL ? this.#pool.pick(tried) : undefined;
      if (member === undefined) throw failure ?? this.#unavailable(call);
      tried.add(member);
      const { options, correlationId } = call;
      const timeout = this.#timeFor(call, tried);
      const probe = member.closed ? 0 : 1;
      member.inFlight += 1;
      member.probes += probe;
      this.#place(member);
      try {
        return await send(member.client, { ...options, correlationId, timeout });
      } catch (error) {
        if (!(error instanceof ServiceClientError) || !this.#mayFailOver(error, call)) throw error;
        failure = error;
        const { kind, status } = error;
        const details = { service: this.#service, url: member.endpoint.url, kind, status, correlationId };
        this.#logger?.debug(details, 'Trying another endpoint');
      } finally {
        member.inFlight -= 1;
        member.probes -= probe;
        this.#place(member);
      }
    }
  }

  /** Only looks: to ask the circuit for a call that then goes elsewhere would count as one that was refused. */
  #takesCalls({ asleep, closed, probes }: Member): boolean {
    const { halfOpenMaxCalls = 1 } = this.#options.circuitBreakerOptions ?? {};
    return closed || (!asleep && probes < halfOpenMaxCalls);
  }

  /** Whatever has changed about a member: from now on it is picked, or not. */
  #place(member: Member): void {
    this.#stats = undefined;
    this.#pool.set(member, this.#takesCalls(member));
  }

  /** Lets members take probes whose time has come. */
  #wake(): void {
    for (let count = 0; count < MAX_AWAKENED; count += 1) {
      const member = this.#sleeping[this.#sleeping.length - 1];
      if (member === undefined || member.client.getCircuitStats().state === 'OPEN') return;
      this.#sleeping.pop();
      member.asleep = false;
      this.#place(member);
    }
  }

  #onStateChange(member: Member, to: CircuitStats['state']): void {
    const wasAsleep = member.asleep;
    member.closed = to === 'CLOSED';
    member.asleep = to === 'OPEN';
    if (member.closed) this.#closed.add(member);
    else this.#closed.delete(member);
    if (wasAsleep) this.#sleeping = this.#sleeping.filter((one) => one !== member);
    if (member.asleep) {
      member.wakesAt = nextAttemptAt(member);
      this.#sleeping.splice(placeOf(member.wakesAt, this.#sleeping), 0, member);
    }
    this.#place(member);
  }

  /** Not all of it, where another endpoint might still answer in time. */
  #timeFor({ deadline, repeatable }: Call, tried: ReadonlySet<Member>): number {
    const remainingMs = Math.max(deadline.remainingMs, 1);
    const triedClosed = [...tried].filter((member) => this.#closed.has(member)).length;
    const isLast = triedClosed === this.#closed.size;
    return repeatable && !isLast ? Math.min(remainingMs, this.#attemptTimeout) : remainingMs;
  }

  #mayFailOver(error: ServiceClientError, { deadline, repeatable }: Call): boolean {
    if (error.kind === 'aborted' || deadline.reason !== undefined || deadline.remainingMs < 1) return false;
    // It did not get there: to ask another one loads nobody twice.
    if (error.kind === 'circuit_open' || (error.kind === 'network' && wasNotSent(error))) return true;
    const isAnswer = error.kind === 'http' && (error.status ?? 0) < 500;
    if (!repeatable || isAnswer || this.#savedFailovers < 1) return false;
    this.#savedFailovers -= 1;
    return true;
  }

  /** Resolves with `event`; rejects when the call ends before. */
  async #until(call: Call, event: Promise<unknown>): Promise<void> {
    const { deadline } = call;
    await deadline.until(event).catch((cause: unknown) => {
      const reason = deadline.reason ?? 'network';
      throw this.#error(reason, `Call to ${this.#service} failed: ${reason}`, call, { cause });
    });
  }

  /** There is no endpoint, or the circuits of all are open. */
  #unavailable(call: Call): ServiceClientError {
    if (this.#members.size === 0) {
      const message = `No endpoint of ${this.#service} is known`;
      return this.#error('network', message, call, { cause: this.#watch.failure });
    }
    const cause = new CircuitOpenError(this.#service, this.refuseForMs());
    return this.#error('circuit_open', cause.message, call, { cause, retryAfterMs: cause.retryAfterMs });
  }

  #error(
    kind: ServiceClientErrorKind,
    message: string,
    { correlationId }: Call,
    details: { cause?: unknown; retryAfterMs?: number },
  ): ServiceClientError {
    return new ServiceClientError(kind, message, { service: this.#service, correlationId, ...details });
  }

  /** Those that stay keep their connections and circuits; those that went end their calls first. */
  #update(endpoints: ReadonlyMap<string, Endpoint>): void {
    for (const [url, endpoint] of endpoints) {
      const member = this.#members.get(url);
      if (member !== undefined) {
        member.endpoint = endpoint;
        continue;
      }
      const joined = this.#join(endpoint);
      this.#members.set(url, joined);
      this.#closed.add(joined);
      this.#logger?.debug({ service: this.#service, url }, 'Endpoint joined');
    }
    for (const [url, member] of this.#members) {
      if (!endpoints.has(url)) this.#leave(url, member);
    }
    this.#stats = undefined;
    this.#sleeping = this.#sleeping.filter((member) => this.#isMember(member));
    this.#pool.replace(this.#members.values(), (member) => this.#takesCalls(member));
  }

  #leave(url: string, member: Member): void {
    this.#members.delete(url);
    this.#closed.delete(member);
    this.#logger?.debug({ service: this.#service, url }, 'Endpoint left');
    const closed = member.client.close().finally(() => this.#leaving.delete(closed));
    this.#leaving.add(closed);
  }

  #isMember(member: Member): boolean {
    return this.#members.get(new URL(member.endpoint.url).href) === member;
  }

  #join(endpoint: Endpoint): Member {
    const { circuitBreakerOptions: breaker } = this.#options;
    const { url } = endpoint;
    const client = new ServiceClient({
      ...this.#options,
      baseUrl: url,
      isFailure: this.#options.isFailure ?? isOfAnother,
      // Another endpoint is asked instead.
      retry: false,
      circuitBreakerOptions: {
        ...breaker,
        name: this.#service,
        onStateChange: ({ from, to }) => {
          if (this.#isMember(member)) this.#onStateChange(member, to);
          this.#logger?.warn({ circuit: this.#service, url, from, to }, 'Circuit changed state');
          breaker?.onStateChange?.({ name: `${this.#service} at ${new URL(url).host}`, from, to });
        },
      },
    });
    const member: Member = {
      endpoint,
      client,
      inFlight: 0,
      probes: 0,
      closed: true,
      asleep: false,
      wakesAt: 0,
    };
    return member;
  }
}

/** An endpoint without the JSON that the others send is some other server at a stale address. */
function isOfAnother({ kind }: ServiceClientError): boolean {
  return kind === 'invalid_response';
}

function isRepeatable(options: RequestOptions | undefined): boolean {
  return options?.idempotent === true || options?.idempotencyKey !== undefined;
}

/** Where it belongs among those that sleep, the next one to wake up last. */
function placeOf(wakesAt: number, sleeping: readonly Member[]): number {
  let [low, high] = [0, sleeping.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sleeping[middle]?.wakesAt ?? 0) > wakesAt) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Epoch milliseconds; never, when its circuit is open for good. */
function nextAttemptAt({ client }: Member): number {
  const stats = client.getCircuitStats();
  return stats.nextAttemptAt ?? (stats.state === 'OPEN' ? Number.POSITIVE_INFINITY : 0);
}

/** An error, or what caused it, says that there was no connection to send anything on. */
function wasNotSent(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { cause, code, syscall } = error as { cause?: unknown; code?: unknown; syscall?: unknown };
  return syscall === 'connect' || NOT_CONNECTED.has(String(code)) || wasNotSent(cause);
}

function aboveZero(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`${name} must be finite and above 0, got ${String(value)}`);
}
