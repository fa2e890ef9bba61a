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

/** The last `size` calls, or the calls of the last `durationMs` milliseconds. */
export type WindowOptions =
  | ({ type: 'count'; size: number } & RateOptions)
  | ({ type: 'time'; durationMs: number } & RateOptions);

const BUCKETS = 10;
const FAILED = 1;
const SLOW = 2;
/** Outcomes of two bits each that go into a small integer. */
const OUTCOMES_A_WORD = 15;

/** Outcomes of recent calls in fixed memory; each call costs O(1). */
export abstract class OutcomeWindow {
  protected calls = 0;
  protected failed = 0;
  protected slow = 0;
  readonly #minimumCalls: number;
  readonly #failureRate: number;
  readonly #slowFrom: number | undefined;
  readonly #slowRate: number;

  constructor(options: RateOptions) {
    assertRates(options);
    this.#minimumCalls = options.minimumCalls;
    this.#failureRate = options.failureRateThreshold;
    this.#slowFrom = options.slowCallDurationMs;
    this.#slowRate = options.slowCallRateThreshold ?? 1;
  }

  /** Durations are asked for. */
  get ratesSlowCalls(): boolean {
    return this.#slowFrom !== undefined;
  }

  /** Notes an outcome, now; true when a rate has reached its threshold. */
  record(failed: boolean, durationMs: number | undefined): boolean {
    const slow = durationMs !== undefined && this.#slowFrom !== undefined && durationMs >= this.#slowFrom;
    this.add((failed ? FAILED : 0) | (slow ? SLOW : 0));
    if (this.calls < this.#minimumCalls) return false;
    return this.failed / this.calls >= this.#failureRate || (slow && this.slow / this.calls >= this.#slowRate);
  }

  abstract clear(): void;

  /** Takes one outcome in, and those out that have left the window. */
  protected abstract add(outcome: number): void;
}

/**
 * `clock` gives milliseconds and never goes back.
 * @throws RangeError when a count is not a positive integer, a time not above 0, or a rate not above 0 to 1
 */
export function createOutcomeWindow(options: WindowOptions, clock: () => number): OutcomeWindow {
  if (options.type === 'count') return new CountWindow(options.size, options);
  return new TimeWindow(options.durationMs, options, clock);
}

/** The last calls: the oldest makes room for the newest. */
class CountWindow extends OutcomeWindow {
  readonly #size: number;
  readonly #words: number[] = [];
  #next = 0;

  constructor(size: number, options: RateOptions) {
    super(options);
    assertPositiveInteger('window.size', size);
    if (options.minimumCalls > size) {
      throw new RangeError('window.minimumCalls must not be more than window.size');
    }
    this.#size = size;
  }

  override clear(): void {
    this.#words.length = 0;
    this.#next = 0;
    this.calls = 0;
    this.failed = 0;
    this.slow = 0;
  }

  protected override add(outcome: number): void {
    const place = Math.trunc(this.#next / OUTCOMES_A_WORD);
    const shift = 2 * (this.#next % OUTCOMES_A_WORD);
    const word = this.#words[place] ?? 0;
    const oldest = (word >> shift) & (FAILED | SLOW);
    this.#words[place] = word ^ ((oldest ^ outcome) << shift);
    this.#next = (this.#next + 1) % this.#size;
    if (this.calls < this.#size) this.calls += 1;
    this.failed += (outcome & FAILED) - (oldest & FAILED);
    this.slow += ((outcome & SLOW) - (oldest & SLOW)) / SLOW;
  }
}

/** Ten buckets of a tenth of the window each; those that have passed are emptied on the next call. */
class TimeWindow extends OutcomeWindow {
  readonly #clock: () => number;
  /** Milliseconds. */
  readonly #width: number;
  /** For each bucket its calls, its failed ones and, if they are rated, its slow ones. */
  readonly #buckets: number[];
  readonly #numbers: number;
  /** Number of the bucket of the last call, counted from clock time 0. */
  #newest = 0;
  /** Clock time at which that bucket ends. */
  #end = Number.NEGATIVE_INFINITY;
  /** Where that bucket begins among the numbers. */
  #place = 0;

  constructor(durationMs: number, options: RateOptions, clock: () => number) {
    super(options);
    this.#clock = clock;
    assertDuration('window.durationMs', durationMs);
    this.#width = durationMs / BUCKETS;
    this.#numbers = this.ratesSlowCalls ? 3 : 2;
    this.#buckets = new Array<number>(BUCKETS * this.#numbers).fill(0);
  }

  override clear(): void {
    this.#buckets.fill(0);
    this.calls = 0;
    this.failed = 0;
    this.slow = 0;
  }

  protected override add(outcome: number): void {
    const now = this.#clock();
    if (now >= this.#end) this.#moveTo(Math.floor(now / this.#width));
    this.calls += 1;
    this.#count(0, 1);
    if (outcome === 0) return;
    const failed = outcome & FAILED;
    this.failed += failed;
    this.#count(1, failed);
    if ((outcome & SLOW) === 0) return;
    this.slow += 1;
    this.#count(2, 1);
  }

  #count(which: number, more: number): void {
    const at = this.#place + which;
    this.#buckets[at] = Number(this.#buckets[at]) + more;
  }

  #moveTo(index: number): void {
    const passed = index - this.#newest;
    if (passed >= BUCKETS) this.clear();
    else for (let step = 1; step <= passed; step += 1) this.#empty(this.#placeOf(this.#newest + step));
    this.#newest = index;
    this.#end = (index + 1) * this.#width;
    this.#place = this.#placeOf(index);
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

function assertRates(options: RateOptions): void {
  const { failureRateThreshold, minimumCalls, slowCallDurationMs, slowCallRateThreshold } = options;
  assertPositiveInteger('window.minimumCalls', minimumCalls);
  if (slowCallDurationMs !== undefined) assertDuration('window.slowCallDurationMs', slowCallDurationMs);
  for (const rate of [failureRateThreshold, slowCallRateThreshold ?? 1]) {
    if (!(rate > 0 && rate <= 1)) {
      throw new RangeError(`a rate of the window must be above 0 and at most 1, got ${String(rate)}`);
    }
  }
}

function assertDuration(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new RangeError(`${name} must be finite and above 0 milliseconds, got ${String(value)}`);
  }
}

function assertPositiveInteger(name: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0)) {
    throw new RangeError(`${name} must be a positive integer, got ${String(value)}`);
  }
}
