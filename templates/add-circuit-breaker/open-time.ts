import type { OpenTime } from './circuit-breaker.ts';

export interface BackoffOptions {
  /** Multiplies the open time at each reopening; at least 1. */
  factor: number;
  /** Upper bound of the open time in milliseconds. */
  maxMs: number;
  /** Share of the open time that is random, 0 to 1. */
  jitter: number;
}

/**
 * Makes each reopening last longer than the one before; back to `timeout` after a close.
 * @throws RangeError when an option is out of its range
 */
export function growingOpenTime({ factor, maxMs, jitter }: BackoffOptions): OpenTime {
  if (!(Number.isFinite(maxMs) && maxMs > 0)) {
    throw new RangeError(`backoff.maxMs must be finite and above 0 milliseconds, got ${String(maxMs)}`);
  }
  if (!(Number.isFinite(factor) && factor >= 1)) {
    throw new RangeError(`backoff.factor must be at least 1, got ${String(factor)}`);
  }
  if (!(jitter >= 0 && jitter <= 1)) {
    throw new RangeError(`backoff.jitter must be from 0 to 1, got ${String(jitter)}`);
  }
  return (timeoutMs, reopenings) =>
    Math.min(timeoutMs * factor ** reopenings, maxMs) * (1 - jitter * Math.random());
}
