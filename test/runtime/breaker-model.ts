import type { CircuitState } from '../../templates/add-circuit-breaker/circuit-breaker.ts';

export interface ModelOptions {
  readonly failureThreshold: number;
  readonly successThreshold: number;
  readonly timeout: number;
  readonly monitoringPeriod: number;
  readonly halfOpenMaxCalls: number;
  readonly probeTimeout: number;
}

interface ModelCall {
  readonly startedAt: number;
  readonly generation: number;
  readonly probe: boolean;
  done: boolean;
}

/**
 * The breaker as its contract reads, without a thought for speed: it remembers every call and works out by looking at
 * them. Written from the specification, not from the templates.
 */
export class BreakerModel {
  state: CircuitState = 'CLOSED';
  failures = 0;
  successes = 0;
  rejections = 0;
  totalCalls = 0;
  consecutiveFailures = 0;
  consecutiveSuccesses = 0;
  readonly #options: ModelOptions;
  #calls: ModelCall[] = [];
  #generation = 0;
  #openUntil = 0;
  #runBeganAt: number | undefined;

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  /** The call, or undefined when it is refused. */
  acquire(now: number): ModelCall | undefined {
    if (this.refuse(now)) return undefined;
    this.totalCalls += 1;
    const probe = this.state === 'HALF_OPEN';
    const call = { startedAt: now, generation: this.#generation, probe, done: false };
    this.#calls.push(call);
    return call;
  }

  /** True, and counted, when no call is let through. */
  refuse(now: number): boolean {
    this.look(now);
    const busy = this.#calls.filter((call) => call.probe && !call.done && !this.#isLost(call, now)).length;
    const full = this.state === 'HALF_OPEN' && busy >= this.#options.halfOpenMaxCalls;
    const refused = this.state === 'OPEN' || full;
    if (refused) this.rejections += 1;
    return refused;
  }

  success(call: ModelCall, now: number): void {
    if (!this.#settle(call, now)) return;
    this.successes += 1;
    this.consecutiveSuccesses += 1;
    this.consecutiveFailures = 0;
    this.#runBeganAt = undefined;
    if (this.state === 'HALF_OPEN' && this.consecutiveSuccesses >= this.#options.successThreshold)
      this.#close();
  }

  failure(call: ModelCall, now: number, retryAfterMs: number): void {
    if (!this.#settle(call, now)) return;
    this.#fail(now, retryAfterMs);
  }

  release(call: ModelCall, now: number): void {
    this.#settle(call, now);
  }

  reset(): void {
    this.failures = 0;
    this.successes = 0;
    this.rejections = 0;
    this.totalCalls = 0;
    this.consecutiveSuccesses = 0;
    this.#close();
  }

  isolate(): void {
    this.#enter('OPEN');
    this.#openUntil = Infinity;
  }

  /** What time alone has changed. */
  look(now: number): void {
    const lost = this.#calls.find((call) => this.#isCurrent(call) && call.probe && this.#isLost(call, now));
    if (lost !== undefined) this.#fail(lost.startedAt + this.#options.probeTimeout, 0);
    if (this.state === 'OPEN' && now >= this.#openUntil) this.#enter('HALF_OPEN');
    const runIsOver =
      this.#runBeganAt !== undefined && now - this.#runBeganAt >= this.#options.monitoringPeriod;
    if (this.state === 'CLOSED' && runIsOver) {
      this.consecutiveFailures = 0;
      this.#runBeganAt = undefined;
    }
  }

  #fail(at: number, retryAfterMs: number): void {
    this.failures += 1;
    this.consecutiveSuccesses = 0;
    this.consecutiveFailures += 1;
    this.#runBeganAt ??= at;
    if (this.state === 'CLOSED' && this.consecutiveFailures < this.#options.failureThreshold) return;
    this.#enter('OPEN');
    this.#openUntil = at + Math.max(this.#options.timeout, retryAfterMs);
  }

  /** True when the result counts. */
  #settle(call: ModelCall, now: number): boolean {
    this.look(now);
    const counts = this.#isCurrent(call);
    call.done = true;
    return counts;
  }

  #isCurrent(call: ModelCall): boolean {
    return !call.done && call.generation === this.#generation;
  }

  #isLost(call: ModelCall, now: number): boolean {
    return now >= call.startedAt + this.#options.probeTimeout;
  }

  #close(): void {
    this.#enter('CLOSED');
    this.consecutiveFailures = 0;
    this.#runBeganAt = undefined;
  }

  #enter(state: CircuitState): void {
    this.state = state;
    this.#generation += 1;
  }
}
