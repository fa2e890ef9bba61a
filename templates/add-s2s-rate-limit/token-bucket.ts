/** A bucket of `max` tokens that fills up again in `timeWindow`: each request takes one. */
export interface Quota {
  /** Requests that may come at once; above 0. */
  max: number;
  /** Milliseconds in which an empty bucket is full again, so that `max / timeWindow` is the rate that lasts. */
  timeWindow: number;
}

/** Result of a request for one token. */
export interface Take {
  /** Milliseconds until the next token; 0: one was taken. */
  retryAfterMs: number;
  /** Tokens that are left. */
  remaining: number;
  /** Milliseconds until the bucket is full. */
  resetMs: number;
}

export interface TokenBuckets {
  /** Takes a token from the bucket of that key, if there is one. Rejects when the store does not answer. */
  take(key: string, quota: Quota): Take | Promise<Take>;
  /** Puts a token back that was taken from that bucket. */
  give(key: string, quota: Quota): void | Promise<void>;
  /** Sets a bucket as another store has it: full in `resetMs` milliseconds. */
  follow?(key: string, resetMs: number): void;
}

/**
 * Milliseconds in which one token comes.
 * @throws RangeError for an invalid quota
 */
export function tokenMs({ max, timeWindow }: Quota): number {
  const interval = timeWindow / max;
  if (max >= 1 && timeWindow > 0 && Number.isFinite(interval)) return interval;
  throw new RangeError(`A quota of ${String(max)} in ${String(timeWindow)} ms makes no sense`);
}

/**
 * Buckets in the memory of this process, by the generic cell rate algorithm (GCRA, ITU-T I.371; Brandur Leach, "Rate
 * Limiting, Cells, and GCRA", 2015): of a bucket only the time is stored when it will be full. Each token taken moves
 * that by the time of one token; when it would be more than `timeWindow` away, the bucket is empty. Of more than
 * `maxBuckets`, the least recently used is full again. `clock`: milliseconds, monotonic.
 */
export function createMemoryBuckets({
  maxBuckets = 10_000,
  clock = (): number => performance.now(),
} = {}): TokenBuckets {
  const fullTimes = new Map<string, number>();
  const keep = (key: string, fullAt: number): void => {
    fullTimes.delete(key);
    fullTimes.set(key, fullAt);
    const [oldest] = fullTimes.keys();
    if (fullTimes.size > maxBuckets && oldest !== undefined) fullTimes.delete(oldest);
  };
  return {
    take(key, quota) {
      const interval = tokenMs(quota);
      const now = clock();
      const fullAt = Math.max(fullTimes.get(key) ?? now, now);
      const next = fullAt + interval;
      const retryAfterMs = Math.floor(next - quota.timeWindow - now);
      if (retryAfterMs > 0) return { retryAfterMs, remaining: 0, resetMs: Math.ceil(fullAt - now) };

      keep(key, next);
      const remaining = Math.max(0, Math.floor((quota.timeWindow - (next - now)) / interval));
      return { retryAfterMs: 0, remaining, resetMs: Math.ceil(next - now) };
    },
    give(key, quota) {
      const fullAt = (fullTimes.get(key) ?? 0) - tokenMs(quota);
      if (fullAt > clock()) keep(key, fullAt);
      else fullTimes.delete(key);
    },
    follow(key, resetMs) {
      keep(key, clock() + resetMs);
    },
  };
}
