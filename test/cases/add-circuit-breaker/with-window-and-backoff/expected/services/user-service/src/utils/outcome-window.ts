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

/** Outcomes of recent calls in fixed memory; each call costs O(1). */
export interface OutcomeWindow {
  /** Notes an outcome at a clock time in milliseconds; true when a rate has reached its threshold. */
  record(failed: boolean, durationMs: number | undefined, now: number): boolean;
  clear(): void;
}

interface Totals {
  calls: number;
  failed: number;
  slow: number;
}

const BUCKETS = 10;
const FAILED = 1;
const SLOW = 2;

/** @throws RangeError when a count is not a positive integer, a time not above 0, or a rate not above 0 to 1 */
export function createOutcomeWindow(options: WindowOptions): OutcomeWindow {
  assertRates(options);
  if (options.slowCallDurationMs !== undefined) {
    assertDuration('window.slowCallDurationMs', options.slowCallDurationMs);
  }
  const slowFrom = options.slowCallDurationMs ?? Number.POSITIVE_INFINITY;
  const slowRate = options.slowCallRateThreshold ?? 1;
  const ring = options.type === 'count' ? countRing(options.size) : timeRing(options.durationMs);
  if (options.type === 'count' && options.minimumCalls > options.size) {
    throw new RangeError('window.minimumCalls must not be more than window.size');
  }
  return {
    record(failed, durationMs, now) {
      const slow = durationMs !== undefined && durationMs >= slowFrom;
      const totals = ring.add(failed, slow, now);
      if (totals.calls < options.minimumCalls) return false;
      const failureRate = totals.failed / totals.calls;
      return (
        failureRate >= options.failureRateThreshold ||
        (slow && totals.slow / totals.calls >= slowRate)
      );
    },
    clear: ring.clear,
  };
}

interface Ring {
  readonly add: (failed: boolean, slow: boolean, now: number) => Readonly<Totals>;
  readonly clear: () => void;
}

/** The last calls: the oldest makes room for the newest. */
function countRing(size: number): Ring {
  assertPositiveInteger('window.size', size);
  const outcomes: number[] = [];
  const totals: Totals = { calls: 0, failed: 0, slow: 0 };
  let next = 0;
  return {
    add(failed, slow) {
      const oldest = outcomes[next] ?? 0;
      const newest = (failed ? FAILED : 0) | (slow ? SLOW : 0);
      outcomes[next] = newest;
      next = (next + 1) % size;
      totals.calls = Math.min(totals.calls + 1, size);
      totals.failed += (newest & FAILED) - (oldest & FAILED);
      totals.slow += ((newest & SLOW) - (oldest & SLOW)) / SLOW;
      return totals;
    },
    clear() {
      outcomes.length = 0;
      next = 0;
      totals.calls = 0;
      totals.failed = 0;
      totals.slow = 0;
    },
  };
}

/** Ten buckets of a tenth of the window each; those that have passed are emptied on the next call. */
function timeRing(durationMs: number): Ring {
  assertDuration('window.durationMs', durationMs);
  const width = durationMs / BUCKETS;
  const buckets = new Map<number, Totals>();
  const totals: Totals = { calls: 0, failed: 0, slow: 0 };
  let newest = Number.NEGATIVE_INFINITY;

  const bucketAt = (index: number): Totals => {
    // A clock may begin below 0.
    const place = ((index % BUCKETS) + BUCKETS) % BUCKETS;
    const bucket = buckets.get(place) ?? { calls: 0, failed: 0, slow: 0 };
    buckets.set(place, bucket);
    return bucket;
  };
  const empty = (bucket: Totals): void => {
    totals.calls -= bucket.calls;
    totals.failed -= bucket.failed;
    totals.slow -= bucket.slow;
    bucket.calls = 0;
    bucket.failed = 0;
    bucket.slow = 0;
  };
  const clear = (): void => {
    for (const bucket of buckets.values()) empty(bucket);
  };

  return {
    add(failed, slow, now) {
      const index = Math.floor(now / width);
      if (index - newest >= BUCKETS) clear();
      else for (let passed = newest + 1; passed <= index; passed += 1) empty(bucketAt(passed));
      newest = Math.max(newest, index);
      for (const sums of [bucketAt(index), totals]) {
        sums.calls += 1;
        sums.failed += failed ? 1 : 0;
        sums.slow += slow ? 1 : 0;
      }
      return totals;
    },
    clear,
  };
}

function assertRates({
  failureRateThreshold,
  slowCallRateThreshold,
  minimumCalls,
}: RateOptions): void {
  assertPositiveInteger('window.minimumCalls', minimumCalls);
  for (const rate of [failureRateThreshold, slowCallRateThreshold ?? 1]) {
    if (!(rate > 0 && rate <= 1)) {
      throw new RangeError(
        `a rate of the window must be above 0 and at most 1, got ${String(rate)}`,
      );
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
