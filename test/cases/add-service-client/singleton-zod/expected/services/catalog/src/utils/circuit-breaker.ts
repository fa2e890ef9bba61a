import { performance } from 'node:perf_hooks';

/** CLOSED lets every call pass, OPEN none, HALF_OPEN a few probes. */
export type CircuitState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

/** Counts are positive integers, times milliseconds, finite and above 0. */
export interface CircuitBreakerOptions {
  /** For logs and error messages. Default `circuit`. */
  name?: string;
  /** Failures in a row (by weight) that open the circuit, unless a `tripPolicy` decides. Default 5. */
  failureThreshold?: number;
  /** Successes in HALF_OPEN that close it. Default 2. */
  successThreshold?: number;
  /** Time in OPEN before probes are let through. Default 60 000. */
  timeout?: number;
  /** Decides when the circuit opens. Default: by `failureThreshold`. */
  tripPolicy?: TripPolicyFactory;
  /** Makes a reopening last longer or shorter than `timeout`. Default: each lasts `timeout`. */
  openTime?: OpenTime;
  /** Time after its first failure at which a run of failures is forgotten. Default 60 000. */
  monitoringPeriod?: number;
  /** Probes in flight at once in HALF_OPEN. Default 1. */
  halfOpenMaxCalls?: number;
  /** Time after which a probe that has not settled counts as failed. Default `timeout`. */
  probeTimeout?: number;
  /** False for errors that say nothing about the health of the dependency. Default: all errors count. */
  isFailure?: (error: unknown) => boolean;
  /** What a failure counts for; 0 is no failure. Default 1. */
  weigh?: (error: unknown) => number;
  /** Called after each change of state; what it throws is swallowed. */
  onStateChange?: (change: { name: string; from: CircuitState; to: CircuitState }) => void;
  /** Milliseconds, monotonic. Default `performance.now`. */
  clock?: () => number;
}

/** Told each result of a CLOSED circuit, decides when it opens: true opens it. */
export interface TripPolicy {
  /** The breaker measures the calls that it makes itself. */
  readonly needsDuration: boolean;
  /** The duration is undefined where nobody measured it. */
  onSuccess(durationMs: number | undefined): boolean;
  /** `runWeight` is the weight of the failures in a row, this one included. */
  onFailure(runWeight: number, durationMs: number | undefined): boolean;
  /** The circuit has closed. */
  reset(): void;
}

/** Creates the policy of one breaker, whose clock it gets. */
export type TripPolicyFactory = (clock: () => number) => TripPolicy;

/** Milliseconds that a circuit stays OPEN; `reopenings` counts since it was last CLOSED, 0 at first. */
export type OpenTime = (timeoutMs: number, reopenings: number) => number;

/** Totals count since `reset()`; times are epoch milliseconds. */
export interface CircuitStats {
  state: CircuitState;
  failures: number;
  successes: number;
  /** Calls that were not let through. */
  rejections: number;
  /** Calls that were let through. */
  totalCalls: number;
  consecutiveFailures: number;
  consecutiveSuccesses: number;
  lastFailureTime: number | undefined;
  openedAt: number | undefined;
  /** When probes will be let through; undefined unless OPEN, and while isolated. */
  nextAttemptAt: number | undefined;
}

/** The circuit is open: the call was not made. Has no stack, because it is thrown where speed matters. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly code = 'CIRCUIT_OPEN';
  /** Milliseconds until a probe may pass; `Infinity` while isolated. */
  readonly retryAfterMs: number;

  constructor(circuit: string, retryAfterMs: number) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`Circuit "${circuit}" is open`);
    Error.stackTraceLimit = stackTraceLimit;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a look copies, as it begins. Times are the clock's; `nextAttemptAt` is `Infinity` while isolated. */
const NEW_CIRCUIT = {
  state: 'CLOSED' as CircuitState,
  failures: 0,
  successes: 0,
  rejections: 0,
  totalCalls: 0,
  consecutiveFailures: 0,
  consecutiveSuccesses: 0,
  lastFailureTime: undefined as number | undefined,
  openedAt: undefined as number | undefined,
  nextAttemptAt: undefined as number | undefined,
  /** Permits up to this one began before the last change of state. */
  generation: 0,
  reopenings: 0,
  /** Drawn when the probes begin, so that to look at the state needs no guess. */
  reopenMs: 0,
  runWeight: 0,
  runStartedAt: 0,
};
type Circuit = typeof NEW_CIRCUIT;

/** Shared by all breakers that have no probes in flight. */
const NO_PROBES = new Map<number, number>();
const monotonic = (): number => performance.now();

/**
 * A circuit breaker without timers: states change when it is asked, by a monotonic clock. Each call costs O(1).
 *
 * A permit is a serial number. What began before the last change of state settles without effect, and so does a probe
 * that took longer than `probeTimeout`.
 */
export class CircuitBreaker {
  readonly name: string;
  readonly #failureThreshold: number;
  readonly #successThreshold: number;
  readonly #timeout: number;
  readonly #monitoringPeriod: number;
  readonly #halfOpenMaxCalls: number;
  readonly #probeTimeout: number;
  readonly #clock: () => number;
  readonly #tripPolicy: TripPolicy | undefined;
  readonly #options: CircuitBreakerOptions;
  #circuit = { ...NEW_CIRCUIT };
  /** Permits of the probes in flight and when they began, oldest first; also of those from an earlier generation. */
  #probes = NO_PROBES;
  /** The last permit given. */
  #serial = 0;

  /** @throws RangeError when an option is out of its range */
  constructor(options: CircuitBreakerOptions = {}) {
    this.name = options.name ?? 'circuit';
    this.#failureThreshold = count('failureThreshold', options.failureThreshold ?? 5);
    this.#successThreshold = count('successThreshold', options.successThreshold ?? 2);
    this.#timeout = milliseconds('timeout', options.timeout ?? 60_000);
    this.#monitoringPeriod = milliseconds('monitoringPeriod', options.monitoringPeriod ?? 60_000);
    this.#halfOpenMaxCalls = count('halfOpenMaxCalls', options.halfOpenMaxCalls ?? 1);
    this.#probeTimeout = milliseconds('probeTimeout', options.probeTimeout ?? this.#timeout);
    this.#clock = options.clock ?? monotonic;
    this.#tripPolicy = options.tripPolicy?.(this.#clock);
    this.#options = { ...options };
  }

  /** Calls `fn` if the circuit lets it through. @throws CircuitOpenError when it does not; else as `fn` does */
  execute<T>(fn: () => Promise<T>): Promise<T> {
    const permit = this.tryAcquire();
    if (permit === 0) return Promise.reject(new CircuitOpenError(this.name, this.retryAfterMs()));
    const startedAt = this.#tripPolicy?.needsDuration === true ? this.#clock() : undefined;
    // An async function would cost a third more.
    return start(fn).then(
      (value) => {
        this.success(permit, this.#elapsed(startedAt));
        return value;
      },
      (error: unknown) => {
        this.failure(permit, error, this.#elapsed(startedAt));
        throw error;
      },
    );
  }

  /** A permit above 0 to make one call and settle it once with success, failure or release; 0: do not call. */
  tryAcquire(): number {
    if (this.#circuit.state !== 'CLOSED') {
      const now = this.#clock();
      this.#advance(this.#circuit, now);
      if (this.#circuit.state === 'OPEN' || this.#probes.size >= this.#halfOpenMaxCalls) {
        this.#circuit.rejections += 1;
        return 0;
      }
      if (this.#probes === NO_PROBES) this.#probes = new Map();
      this.#probes.set(this.#serial + 1, now);
    }
    this.#circuit.totalCalls += 1;
    return ++this.#serial;
  }

  /** The call of that permit went well; a policy that rates slow calls needs its duration. */
  success(permit: number, durationMs?: number): void {
    if (!this.#take(permit)) return;
    const circuit = this.#circuit;
    circuit.successes += 1;
    circuit.consecutiveSuccesses += 1;
    if (circuit.consecutiveFailures > 0) endRun(circuit);
    if (circuit.state === 'HALF_OPEN') {
      if (circuit.consecutiveSuccesses >= this.#successThreshold) this.#close();
    } else if (this.#tripPolicy?.onSuccess(durationMs) === true) {
      this.#open(circuit, this.#clock());
    }
  }

  /** The call of that permit failed; `error.retryAfterMs`, if any, is the least time to stay open. */
  failure(permit: number, error?: unknown, durationMs?: number): void {
    const now = this.#clock();
    const circuit = this.#advance(this.#circuit, now);
    const weight = this.#weightOf(error);
    if (!this.#take(permit) || weight === 0) return;
    if (circuit.runWeight === 0) circuit.runStartedAt = now;
    circuit.runWeight += weight;
    countFailure(circuit, now);
    if (circuit.state !== 'CLOSED' || this.#trips(circuit.runWeight, durationMs))
      this.#open(circuit, now, retryAfterOf(error));
  }

  /** The call of that permit was cancelled: it says nothing about the dependency. */
  release(permit: number): void {
    this.#take(permit);
  }

  /** The state as a call would find it now. Changes nothing. */
  getState(): CircuitState {
    return this.#look(this.#clock()).state;
  }

  getStats(): CircuitStats {
    const now = this.#clock();
    const circuit = this.#look(now);
    const clockStart = Date.now() - now;
    const epoch = (at: number | undefined): number | undefined =>
      at === undefined || at === Number.POSITIVE_INFINITY ? undefined : Math.round(clockStart + at);
    return {
      state: circuit.state,
      failures: circuit.failures,
      successes: circuit.successes,
      rejections: circuit.rejections,
      totalCalls: circuit.totalCalls,
      consecutiveFailures: circuit.consecutiveFailures,
      consecutiveSuccesses: circuit.consecutiveSuccesses,
      lastFailureTime: epoch(circuit.lastFailureTime),
      openedAt: epoch(circuit.openedAt),
      nextAttemptAt: epoch(circuit.nextAttemptAt),
    };
  }

  /** Milliseconds until a call that was not let through is worth another try; `Infinity` while isolated. */
  retryAfterMs(): number {
    const now = this.#clock();
    const { state, nextAttemptAt } = this.#look(now);
    if (nextAttemptAt !== undefined) return nextAttemptAt - now;
    if (state === 'CLOSED' || this.#probes.size < this.#halfOpenMaxCalls) return 0;
    // Every probe is out: a place is free when the oldest one settles or is lost.
    const [oldest = now] = this.#probes.values();
    return Math.max(0, oldest + this.#probeTimeout - now);
  }

  /** Milliseconds to wait, counted as a rejection; 0 when a call would be let through. Costs no permit and no error. */
  refuseForMs(): number {
    const waitMs = this.#circuit.state === 'CLOSED' ? 0 : this.retryAfterMs();
    if (waitMs > 0) this.#circuit.rejections += 1;
    return waitMs;
  }

  /** CLOSED, with every counter at 0. Calls in flight settle without effect. */
  reset(): void {
    this.#circuit = { ...NEW_CIRCUIT, state: this.#circuit.state };
    this.#close();
  }

  /** OPEN until `reset()`. */
  isolate(): void {
    const now = this.#clock();
    this.#advance(this.#circuit, now);
    this.#change(this.#circuit, 'OPEN', now, Number.POSITIVE_INFINITY);
  }

  /** True when the permit is of this generation and not settled yet; a probe gives its place back. */
  #take(permit: number): boolean {
    const { state, generation } = this.#circuit;
    if (state === 'CLOSED' && permit > generation) return permit <= this.#serial;
    this.#advance(this.#circuit, this.#clock());
    return this.#probes.delete(permit) && permit > this.#circuit.generation;
  }

  /** Lets time pass for a copy, unless the circuit just stays OPEN. */
  #look(now: number): Readonly<Circuit> {
    const circuit = this.#circuit;
    return now < (circuit.nextAttemptAt ?? 0) ? circuit : this.#advance({ ...circuit }, now);
  }

  /** Makes the changes that time alone has brought about. */
  #advance(circuit: Circuit, now: number): Circuit {
    for (const [permit, startedAt] of this.#probes) {
      const lostAt = startedAt + this.#probeTimeout;
      if (now < lostAt) break;
      if (circuit === this.#circuit) this.#probes.delete(permit);
      if (permit <= circuit.generation) continue;
      countFailure(circuit, lostAt);
      this.#open(circuit, lostAt);
    }
    if (now >= (circuit.nextAttemptAt ?? Number.POSITIVE_INFINITY)) {
      circuit.reopenings += 1;
      circuit.reopenMs = this.#openMs(circuit.reopenings);
      this.#change(circuit, 'HALF_OPEN', circuit.openedAt);
    }
    const runIsOver = now - circuit.runStartedAt >= this.#monitoringPeriod;
    if (circuit.state === 'CLOSED' && runIsOver) endRun(circuit);
    return circuit;
  }

  #trips(runWeight: number, durationMs: number | undefined): boolean {
    return this.#tripPolicy?.onFailure(runWeight, durationMs) ?? runWeight >= this.#failureThreshold;
  }

  #weightOf(error: unknown): number {
    try {
      if (this.#options.isFailure?.(error) === false) return 0;
      const weight = this.#options.weigh?.(error) ?? 1;
      return weight >= 0 ? weight : 1;
    } catch {
      // A classifier that throws must not hide the failure that it was asked about.
      return 1;
    }
  }

  #open(circuit: Circuit, at: number, leastMs = 0): void {
    const openMs = circuit.state === 'CLOSED' ? this.#openMs(0) : circuit.reopenMs;
    circuit.consecutiveSuccesses = 0;
    this.#change(circuit, 'OPEN', at, at + Math.max(openMs, leastMs));
  }

  #openMs(reopenings: number): number {
    return this.#options.openTime?.(this.#timeout, reopenings) ?? this.#timeout;
  }

  #close(): void {
    endRun(this.#circuit);
    this.#circuit.reopenings = 0;
    this.#tripPolicy?.reset();
    this.#change(this.#circuit, 'CLOSED');
  }

  #elapsed(startedAt: number | undefined): number | undefined {
    return startedAt === undefined ? undefined : this.#clock() - startedAt;
  }

  /** Begins a generation; the callback sees a consistent breaker and cannot break it. */
  #change(circuit: Circuit, to: CircuitState, openedAt?: number, nextAttemptAt?: number): void {
    const from = circuit.state;
    Object.assign(circuit, { state: to, openedAt, nextAttemptAt });
    circuit.generation = this.#serial;
    if (from === to || circuit !== this.#circuit) return;
    try {
      this.#options.onStateChange?.({ name: this.name, from, to });
    } catch {
      // An observer's failure is not the caller's.
    }
  }
}

function countFailure(circuit: Circuit, at: number): void {
  circuit.failures += 1;
  circuit.consecutiveFailures += 1;
  circuit.consecutiveSuccesses = 0;
  circuit.lastFailureTime = at;
}

function endRun(circuit: Circuit): void {
  circuit.consecutiveFailures = 0;
  circuit.runWeight = 0;
}

/** What `fn` promises, also when it throws instead or gives a plain value. */
function start<T>(fn: () => Promise<T>): Promise<T> {
  try {
    return Promise.resolve(fn());
  } catch (error) {
    const reason = error as Error;
    return Promise.reject(reason);
  }
}

function count(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`${name} must be a positive integer, got ${String(value)}`);
}

function milliseconds(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`${name} must be finite and above 0 milliseconds, got ${String(value)}`);
}

/** The least time to stay open that an error asks for, in milliseconds. */
function retryAfterOf(error: unknown): number {
  const retryAfterMs = (error as { retryAfterMs?: unknown } | null | undefined)?.retryAfterMs;
  return typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) ? retryAfterMs : 0;
}
