import type { TripPolicy, TripPolicyFactory } from './circuit-breaker.ts';

interface RateOptions {
  /** Share of failed calls, above 0 to 1, that opens the circuit. */
  failureRateThreshold: number;
  /** Calls in the window below which no rate is taken. */
  minimumCalls: number;
  /** Milliseconds from which a call is slow. Default: no call is. */
  slowCallDurationMs?: number;
  /** Share of slow calls, above 0 to 1, that opens the circuit. Default 1. */
  slowCallRateThreshold?: number;
}

/** The last `size` calls. */
type CountOptions = { type: 'count'; size: number } & RateOptions;
/** The calls of the last `durationMs` milliseconds. */
type TimeOptions = { type: 'time'; durationMs: number } & RateOptions;

export type WindowOptions = CountOptions | TimeOptions;

const BUCKETS = 10;
const FAILED = 1;
const SLOW = 2;
/** Outcomes of two bits each that go into a small integer. */
const OUTCOMES_A_WORD = 15;

/**
 * Opens by failure and slow-call rates over a window instead of by failures in a row. Fixed memory, O(1) a call.
 * @throws RangeError when a count is not a positive integer, a time not above 0, or a rate not above 0 to 1
 */
export function failureRate(options: WindowOptions): TripPolicyFactory {
  assertWindow(options);
  const window = { ...options };
  return (clock) => (window.type === 'count' ? new CountWindow(window) : new TimeWindow(window, clock));
}

/** Outcomes of recent calls. */
abstract class OutcomeWindow<Options extends WindowOptions> implements TripPolicy {
  protected readonly options: Options;
  protected calls = 0;
  protected failed = 0;
  protected slow = 0;

  constructor(options: Options) {
    this.options = options;
  }

  get needsDuration(): boolean {
    return this.options.slowCallDurationMs !== undefined;
  }

  onSuccess(durationMs: number | undefined): boolean {
    return this.#record(0, durationMs);
  }

  onFailure(_runWeight: number, durationMs: number | undefined): boolean {
    return this.#record(FAILED, durationMs);
  }

  reset(): void {
    this.calls = 0;
    this.failed = 0;
    this.slow = 0;
  }

  /** Takes one outcome in, and those out that have left the window. */
  protected abstract add(outcome: number): void;

  /** True when a rate has reached its threshold. */
  #record(failed: number, durationMs = 0): boolean {
    const {
      minimumCalls,
      failureRateThreshold,
      slowCallDurationMs,
      slowCallRateThreshold = 1,
    } = this.options;
    const slow = slowCallDurationMs !== undefined && durationMs >= slowCallDurationMs;
    this.add(failed | (slow ? SLOW : 0));
    if (this.calls < minimumCalls) return false;
    if (this.failed / this.calls >= failureRateThreshold) return true;
    return slow && this.slow / this.calls >= slowCallRateThreshold;
  }
}

/** The last calls: the oldest makes room for the newest. */
class CountWindow extends OutcomeWindow<CountOptions> {
  readonly #words = new Array<number>(Math.ceil(this.options.size / OUTCOMES_A_WORD)).fill(0);
  #next = 0;

  override reset(): void {
    super.reset();
    this.#words.fill(0);
    this.#next = 0;
  }

  protected override add(outcome: number): void {
    const { size } = this.options;
    const place = Math.trunc(this.#next / OUTCOMES_A_WORD);
    const shift = 2 * (this.#next % OUTCOMES_A_WORD);
    const word = Number(this.#words[place]);
    const oldest = (word >> shift) & (FAILED | SLOW);
    this.#words[place] = word ^ ((oldest ^ outcome) << shift);
    this.#next = (this.#next + 1) % size;
    if (this.calls < size) this.calls += 1;
    this.failed += (outcome & FAILED) - (oldest & FAILED);
    this.slow += ((outcome & SLOW) - (oldest & SLOW)) / SLOW;
  }
}

/** Ten buckets of a tenth of the window each; those that have passed are emptied on the next call. */
class TimeWindow extends OutcomeWindow<TimeOptions> {
  readonly #clock: () => number;
  /** For each bucket its calls, its failed ones and, if they are rated, its slow ones. */
  readonly #buckets: number[];
  /** Number of the bucket of the last call, counted from clock time 0. */
  #newest = 0;

  constructor(options: TimeOptions, clock: () => number) {
    super(options);
    this.#clock = clock;
    this.#buckets = new Array<number>(BUCKETS * this.#numbers).fill(0);
  }

  override reset(): void {
    super.reset();
    this.#buckets.fill(0);
  }

  protected override add(outcome: number): void {
    const index = Math.floor((this.#clock() * BUCKETS) / this.options.durationMs);
    if (index !== this.#newest) this.#moveTo(index);
    const place = this.#placeOf(index);
    const failed = outcome & FAILED;
    this.calls += 1;
    this.failed += failed;
    this.#count(place, 1);
    this.#count(place + 1, failed);
    if ((outcome & SLOW) === 0) return;
    this.slow += 1;
    this.#count(place + 2, 1);
  }

  /** How many each bucket has. */
  get #numbers(): number {
    return this.needsDuration ? 3 : 2;
  }

  #count(at: number, more: number): void {
    this.#buckets[at] = Number(this.#buckets[at]) + more;
  }

  #moveTo(index: number): void {
    const passed = index - this.#newest;
    if (passed >= BUCKETS) this.reset();
    else for (let step = 1; step <= passed; step += 1) this.#empty(this.#placeOf(this.#newest + step));
    this.#newest = index;
  }

  #empty(place: number): void {
    const [calls = 0, failed = 0, slow = 0] = this.#buckets.slice(place, place + this.#numbers);
    this.calls -= calls;
    this.failed -= failed;
    this.slow -= slow;
    this.#buckets.fill(0, place, place + this.#numbers);
  }

  /** A clock may begin below 0. */
  #placeOf(index: number): number {
    return this.#numbers * (((index % BUCKETS) + BUCKETS) % BUCKETS);
  }
}

function assertWindow(options: WindowOptions): void {
  const { failureRateThreshold, minimumCalls, slowCallDurationMs = 1, slowCallRateThreshold = 1 } = options;
  assertPositiveInteger('window.minimumCalls', minimumCalls);
  if (options.type === 'time') assertDuration('window.durationMs', options.durationMs);
  else assertPositiveInteger('window.size', options.size);
  if (options.type === 'count' && minimumCalls > options.size) {
    throw new RangeError('window.minimumCalls must not be more than window.size');
  }
  assertDuration('window.slowCallDurationMs', slowCallDurationMs);
  for (const rate of [failureRateThreshold, slowCallRateThreshold]) {
    if (rate > 0 && rate <= 1) continue;
    throw new RangeError(`a rate of the window must be above 0 and at most 1, got ${String(rate)}`);
  }
}

function assertDuration(name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new RangeError(`${name} must be finite and above 0 milliseconds, got ${String(value)}`);
}

function assertPositiveInteger(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new RangeError(`${name} must be a positive integer, got ${String(value)}`);
}
