import { performance } from "node:perf_hooks";

/** CLOSED lets every call pass, OPEN none, HALF_OPEN a few probes. */
export type CircuitState = "CLOSED" | "OPEN" | "HALF_OPEN";

export interface CircuitBreakerOptions {
  /** For logs and error messages. Default `circuit`. */
  name?: string;
  /** Failures in a row (by weight) that open the circuit, unless a `tripPolicy` decides. Default 5. */
  failureThreshold?: number;
  /** Successes in HALF_OPEN that close it. Default 2. */
  successThreshold?: number;
  /** Milliseconds in OPEN before probes are let through. Default 60 000. */
  timeout?: number;
  /** Decides when the circuit opens. Default `consecutiveFailures(failureThreshold)`. */
  tripPolicy?: TripPolicyFactory;
  /** Makes a reopening last longer or shorter than `timeout`. Default: each lasts `timeout`. */
  openTime?: OpenTime;
  /** Milliseconds after its first failure at which a run of failures is forgotten. Default 60 000. */
  monitoringPeriod?: number;
  /** Probes in flight at once in HALF_OPEN. Default 1. */
  halfOpenMaxCalls?: number;
  /** Milliseconds after which a probe that has not settled counts as failed. Default `timeout`. */
  probeTimeout?: number;
  /** False for errors that say nothing about the health of the dependency. Default: all errors count. */
  isFailure?: (error: unknown) => boolean;
  /** What a failure counts for; 0 is no failure. Default 1. */
  weigh?: (error: unknown) => number;
  /** Called after each change of state; what it throws is swallowed. */
  onStateChange?: (change: CircuitStateChange) => void;
  /** Milliseconds, monotonic. Default `performance.now`. */
  clock?: () => number;
}

/** Told each result of a CLOSED circuit, decides when it opens. */
export interface TripPolicy {
  /** The breaker measures the calls that it makes itself. */
  readonly needsDuration: boolean;
  /** True: open the circuit. The duration is undefined where nobody measured it. */
  onSuccess(durationMs: number | undefined): boolean;
  /** True: open the circuit. `runWeight` is the weight of the failures in a row, this one included. */
  onFailure(runWeight: number, durationMs: number | undefined): boolean;
  /** The circuit has closed. */
  reset(): void;
}

/** Creates the policy of one breaker, whose clock it gets. */
export type TripPolicyFactory = (clock: () => number) => TripPolicy;

/** Milliseconds that a circuit stays OPEN; `reopenings` counts since it was last CLOSED, 0 at first. */
export type OpenTime = (timeoutMs: number, reopenings: number) => number;

export interface CircuitStateChange {
  name: string;
  from: CircuitState;
  to: CircuitState;
}

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
  override readonly name = "CircuitOpenError";
  readonly code = "CIRCUIT_OPEN";
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

/** Times are the clock's; `reopenings` counts since the circuit was last CLOSED. */
type Phase =
  | { readonly state: "CLOSED" }
  | {
      readonly state: "OPEN";
      readonly openedAt: number;
      readonly until: number;
      readonly reopenings: number;
    }
  | {
      readonly state: "HALF_OPEN";
      readonly openedAt: number;
      readonly reopenings: number;
      /** Drawn when the probes begin, so that to look at the state needs no guess. */
      readonly nextOpenMs: number;
    };

const CLOSED: Phase = { state: "CLOSED" };

/** Opens at failures in a row whose weights reach `threshold`. @throws RangeError unless it is a positive integer */
export function consecutiveFailures(threshold: number): TripPolicyFactory {
  const policy = new ConsecutiveFailures(count("failureThreshold", threshold));
  return () => policy;
}

/** Has no state of its own: the breaker knows the run of failures. */
class ConsecutiveFailures implements TripPolicy {
  readonly needsDuration = false;
  readonly #threshold: number;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  onSuccess(): boolean {
    return false;
  }

  onFailure(runWeight: number): boolean {
    return runWeight >= this.#threshold;
  }

  reset(): void {
    // Nothing is kept.
  }
}

/**
 * A circuit breaker without timers: states change when it is asked, by a monotonic clock. Each call costs O(1).
 *
 * A permit is a serial number. What began before the last change of state settles without effect, and so does a probe
 * that took longer than `probeTimeout`.
 */
export class CircuitBreaker {
  readonly name: string;

  readonly #tripPolicy: TripPolicy;
  readonly #successThreshold: number;
  readonly #timeout: number;
  readonly #openTime: OpenTime | undefined;
  readonly #monitoringPeriod: number;
  readonly #halfOpenMaxCalls: number;
  readonly #probeTimeout: number;
  readonly #isFailure: ((error: unknown) => boolean) | undefined;
  readonly #weigh: ((error: unknown) => number) | undefined;
  readonly #onStateChange: ((change: CircuitStateChange) => void) | undefined;
  readonly #clock: () => number;

  #phase: Phase = CLOSED;
  /** The last permit given. */
  #serial = 0;
  /** Permits up to this one belong to an earlier generation. */
  #generation = 0;
  /** Permits of the probes in flight and when they began, oldest first; also of those from an earlier generation. */
  #probes: Map<number, number> | undefined;
  #lastFailureAt: number | undefined;
  #runStartedAt = 0;
  #runWeight = 0;
  #consecutiveFailures = 0;
  #failures = 0;
  #successes = 0;
  /** Successes before those in a row. */
  #successesBefore = 0;
  #rejections = 0;
  /** The last permit given before `reset()`. */
  #serialBefore = 0;

  /** @throws RangeError when a count is not a positive integer or a time is not finite and above 0 */
  constructor(options: CircuitBreakerOptions = {}) {
    this.name = options.name ?? "circuit";
    this.#successThreshold = count(
      "successThreshold",
      options.successThreshold ?? 2
    );
    this.#timeout = duration("timeout", options.timeout ?? 60_000);
    this.#monitoringPeriod = duration(
      "monitoringPeriod",
      options.monitoringPeriod ?? 60_000
    );
    this.#halfOpenMaxCalls = count(
      "halfOpenMaxCalls",
      options.halfOpenMaxCalls ?? 1
    );
    this.#probeTimeout = duration(
      "probeTimeout",
      options.probeTimeout ?? this.#timeout
    );
    this.#isFailure = options.isFailure;
    this.#weigh = options.weigh;
    this.#onStateChange = options.onStateChange;
    this.#clock = options.clock ?? monotonic;
    this.#tripPolicy = (
      options.tripPolicy ?? consecutiveFailures(options.failureThreshold ?? 5)
    )(this.#clock);
    this.#openTime = options.openTime;
  }

  /**
   * Calls `fn` if the circuit lets it through.
   * @throws CircuitOpenError when it does not; else whatever `fn` rejects with
   */
  execute<T>(fn: () => Promise<T>): Promise<T> {
    const permit = this.tryAcquire();
    if (permit === 0)
      return Promise.reject(
        new CircuitOpenError(this.name, this.retryAfterMs())
      );
    const startedAt = this.#tripPolicy.needsDuration
      ? this.#clock()
      : undefined;
    // One hop of a promise: an async function would take three.
    return start(fn).then(
      (value) => {
        this.success(permit, this.#elapsed(startedAt));
        return value;
      },
      (error: unknown) => {
        this.failure(permit, error, this.#elapsed(startedAt));
        throw error;
      }
    );
  }

  /** A permit above 0 to make one call and settle it once with success, failure or release; 0: do not call. */
  tryAcquire(): number {
    if (this.#phase.state === "CLOSED") return ++this.#serial;
    const now = this.#clock();
    this.#advance(now);
    if (this.#phase.state === "OPEN" || !this.#hasRoom(now)) {
      this.#rejections += 1;
      return 0;
    }
    this.#probes ??= new Map();
    this.#probes.set(++this.#serial, now);
    return this.#serial;
  }

  /** The call of that permit went well; a policy that rates slow calls needs its duration. */
  success(permit: number, durationMs?: number): void {
    if (!this.#take(permit)) return;
    this.#successes += 1;
    if (this.#consecutiveFailures > 0) this.#endRun();
    if (this.#phase.state === "HALF_OPEN") {
      if (this.#successes - this.#successesBefore >= this.#successThreshold)
        this.#close();
    } else if (this.#tripPolicy.onSuccess(durationMs)) {
      this.#open(this.#clock(), undefined);
    }
  }

  /** The call of that permit failed; `error.retryAfterMs`, if any, is the least time to stay open. */
  failure(permit: number, error?: unknown, durationMs?: number): void {
    const weight = this.#weightOf(error);
    if (weight === 0) {
      this.release(permit);
      return;
    }
    if (!this.#take(permit)) return;
    const now = this.#clock();
    this.#countFailure(now);
    const isClosed = this.#phase.state === "CLOSED";
    if (
      !isClosed ||
      this.#tripPolicy.onFailure(this.#addToRun(weight, now), durationMs)
    ) {
      this.#open(now, error);
    }
  }

  /** The call of that permit was cancelled: it says nothing about the dependency. */
  release(permit: number): void {
    this.#take(permit);
  }

  /** The state as a call would find it now. Changes nothing. */
  getState(): CircuitState {
    return this.#effective(this.#clock()).state;
  }

  getStats(): CircuitStats {
    const now = this.#clock();
    const { state, lost, openedAt, until } = this.#effective(now);
    const failuresInARow = this.#isRunOver(now) ? 0 : this.#consecutiveFailures;
    const clockStart = Date.now() - now;
    const epoch = (at: number | undefined): number | undefined =>
      at === undefined ? undefined : Math.round(clockStart + at);
    return {
      state,
      failures: this.#failures + (lost ? 1 : 0),
      successes: this.#successes,
      rejections: this.#rejections,
      totalCalls: this.#serial - this.#serialBefore,
      consecutiveFailures: failuresInARow + (lost ? 1 : 0),
      consecutiveSuccesses: lost ? 0 : this.#successes - this.#successesBefore,
      lastFailureTime: epoch(lost ? openedAt : this.#lastFailureAt),
      openedAt: epoch(openedAt),
      nextAttemptAt:
        until === Number.POSITIVE_INFINITY ? undefined : epoch(until)
    };
  }

  /** Milliseconds until a call that was not let through is worth another try; `Infinity` while isolated. */
  retryAfterMs(): number {
    const now = this.#clock();
    const { state, until } = this.#effective(now);
    if (until !== undefined) return until - now;
    const started = [...(this.#probes?.values() ?? [])];
    if (state === "CLOSED" || started.length < this.#halfOpenMaxCalls) return 0;
    // Every probe is out: a place is free when the oldest one settles or is lost.
    return Math.max(0, Math.min(...started) + this.#probeTimeout - now);
  }

  /**
   * For callers who look before they build a call: milliseconds to wait, with the call counted as a rejection; 0 when
   * one would be let through. Costs no permit and no error.
   */
  refuseForMs(): number {
    const waitMs = this.#phase.state === "CLOSED" ? 0 : this.retryAfterMs();
    if (waitMs > 0) this.#rejections += 1;
    return waitMs;
  }

  /** CLOSED, with every counter at 0. Calls in flight settle without effect. */
  reset(): void {
    this.#failures = 0;
    this.#successes = 0;
    this.#rejections = 0;
    this.#serialBefore = this.#serial;
    this.#lastFailureAt = undefined;
    this.#successesBefore = 0;
    this.#close();
  }

  /** OPEN until `reset()`. */
  isolate(): void {
    const now = this.#clock();
    this.#advance(now);
    this.#change({
      state: "OPEN",
      openedAt: now,
      until: Number.POSITIVE_INFINITY,
      reopenings: 0
    });
  }

  /** True when the permit is of this generation and not settled yet; a probe gives its place back. */
  #take(permit: number): boolean {
    const current = permit > this.#generation && permit <= this.#serial;
    if (current && this.#phase.state === "CLOSED") return true;
    if (current && this.#phase.state === "HALF_OPEN")
      this.#advance(this.#clock());
    const wasProbe = this.#probes?.delete(permit) === true;
    return wasProbe && permit > this.#generation;
  }

  /** Probes of an earlier generation take their places until they settle or are lost. */
  #hasRoom(now: number): boolean {
    const probes = this.#probes;
    if (probes === undefined || probes.size < this.#halfOpenMaxCalls)
      return true;
    for (const [permit, startedAt] of probes) {
      if (now >= startedAt + this.#probeTimeout) probes.delete(permit);
    }
    return probes.size < this.#halfOpenMaxCalls;
  }

  #isRunOver(now: number): boolean {
    return (
      this.#phase.state === "CLOSED" &&
      now - this.#runStartedAt >= this.#monitoringPeriod
    );
  }

  /** The weight of the run of failures, with the one that was just counted. */
  #addToRun(weight: number, now: number): number {
    if (this.#runWeight === 0 || this.#isRunOver(now)) {
      this.#runStartedAt = now;
      this.#runWeight = 0;
      this.#consecutiveFailures = 1;
    }
    this.#runWeight += weight;
    return this.#runWeight;
  }

  #weightOf(error: unknown): number {
    try {
      if (this.#isFailure?.(error) === false) return 0;
      const weight = this.#weigh?.(error) ?? 1;
      return weight >= 0 ? weight : 1;
    } catch {
      // A classifier that throws must not hide the failure that it was asked about.
      return 1;
    }
  }

  #countFailure(at: number): void {
    this.#failures += 1;
    this.#consecutiveFailures += 1;
    this.#successesBefore = this.#successes;
    this.#lastFailureAt = at;
  }

  /** A success ends a run of failures. */
  #endRun(): void {
    this.#consecutiveFailures = 0;
    this.#runWeight = 0;
  }

  /** Makes the changes that time alone has brought about. */
  #advance(now: number): void {
    const lostAt = this.#lostAt();
    if (now >= lostAt) {
      this.#countFailure(lostAt);
      this.#open(lostAt, undefined);
    }
    const phase = this.#phase;
    if (phase.state === "OPEN" && now >= phase.until) {
      const reopenings = phase.reopenings + 1;
      const nextOpenMs = this.#openMs(reopenings);
      this.#change({
        state: "HALF_OPEN",
        openedAt: phase.openedAt,
        reopenings,
        nextOpenMs
      });
    }
    if (this.#isRunOver(now)) this.#endRun();
  }

  /** When the oldest probe of this generation counts as lost; never without one. */
  #lostAt(): number {
    for (const [permit, startedAt] of this.#probes ?? []) {
      if (permit > this.#generation) return startedAt + this.#probeTimeout;
    }
    return Number.POSITIVE_INFINITY;
  }

  #effective(now: number): {
    state: CircuitState;
    /** A probe was lost that has not been counted yet. */
    lost: boolean;
    openedAt: number | undefined;
    /** Undefined unless OPEN. */
    until: number | undefined;
  } {
    const lostAt = this.#lostAt();
    const lost = now >= lostAt;
    const phase = this.#phase;
    const openedAt = lost
      ? lostAt
      : phase.state === "CLOSED"
        ? undefined
        : phase.openedAt;
    let until: number | undefined;
    if (phase.state === "HALF_OPEN" && lost) until = lostAt + phase.nextOpenMs;
    else if (phase.state === "OPEN") until = phase.until;
    if (until === undefined)
      return { state: phase.state, lost, openedAt, until };
    return now < until
      ? { state: "OPEN", lost, openedAt, until }
      : { state: "HALF_OPEN", lost, openedAt, until: undefined };
  }

  #open(at: number, error: unknown): void {
    const phase = this.#phase;
    const isReopening = phase.state === "HALF_OPEN";
    const openMs = isReopening ? phase.nextOpenMs : this.#openMs(0);
    const reopenings = isReopening ? phase.reopenings : 0;
    this.#successesBefore = this.#successes;
    this.#change({
      state: "OPEN",
      openedAt: at,
      until: at + Math.max(openMs, retryAfterOf(error)),
      reopenings
    });
  }

  #openMs(reopenings: number): number {
    return this.#openTime?.(this.#timeout, reopenings) ?? this.#timeout;
  }

  #close(): void {
    this.#endRun();
    this.#tripPolicy.reset();
    this.#change(CLOSED);
  }

  #elapsed(startedAt: number | undefined): number | undefined {
    return startedAt === undefined ? undefined : this.#clock() - startedAt;
  }

  /** Begins a generation; the callback sees a consistent breaker and cannot break it. */
  #change(next: Phase): void {
    const from = this.#phase.state;
    const to = next.state;
    this.#phase = next;
    this.#generation = this.#serial;
    if (from === to) return;
    try {
      this.#onStateChange?.({ name: this.name, from, to });
    } catch {
      // An observer's failure is not the caller's.
    }
  }
}

function monotonic(): number {
  return performance.now();
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
  throw new RangeError(
    `${name} must be a positive integer, got ${String(value)}`
  );
}

function duration(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(
    `${name} must be finite and above 0 milliseconds, got ${String(value)}`
  );
}

/** The least time to stay open that an error asks for, in milliseconds. */
function retryAfterOf(error: unknown): number {
  if (typeof error !== "object" || error === null || !("retryAfterMs" in error))
    return 0;
  const { retryAfterMs } = error;
  return typeof retryAfterMs === "number" && Number.isFinite(retryAfterMs)
    ? retryAfterMs
    : 0;
}
