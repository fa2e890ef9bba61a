export interface RetryOptions {
  /** Attempts after the first one. Default 2. */
  maxRetries?: number;
  /** Milliseconds; the bound of the first delay, doubled for each further one. Default 100. */
  baseDelayMs?: number;
  /** Milliseconds; no delay is longer, unless `Retry-After` says so. Default 2 000. */
  maxDelayMs?: number;
  /** Retries allowed per call, over time: 0.2 is at most 20 % extra load. Default 0.2. */
  budgetRatio?: number;
}

/** Retries that may be saved up for a burst. */
const MAX_SAVED = 10;

/**
 * Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", 2015) and a retry budget, so that
 * retries cannot become an outage of their own.
 */
export class RetryPolicy {
  readonly #maxRetries: number;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #budgetRatio: number;
  #saved: number;
  /** What the first retries were lent and the first calls pay back. */
  #debt: number;

  /** @throws RangeError when an option is negative or not a number */
  constructor(options: RetryOptions = {}) {
    this.#maxRetries = atLeastZero("maxRetries", options.maxRetries ?? 2);
    this.#baseDelayMs = atLeastZero("baseDelayMs", options.baseDelayMs ?? 100);
    this.#maxDelayMs = atLeastZero("maxDelayMs", options.maxDelayMs ?? 2_000);
    this.#budgetRatio = atLeastZero("budgetRatio", options.budgetRatio ?? 0.2);
    // Enough for the very first call to be retried.
    this.#saved =
      this.#budgetRatio === 0 ? 0 : Math.min(this.#maxRetries, MAX_SAVED);
    this.#debt = this.#saved;
  }

  /** Retries that are saved up now; a part of one is not enough. */
  get saved(): number {
    return this.#saved;
  }

  /** Each call earns its share of a retry. */
  onCall(): void {
    if (this.#debt > 0) this.#debt -= this.#budgetRatio;
    else this.#saved = Math.min(this.#saved + this.#budgetRatio, MAX_SAVED);
  }

  /**
   * Milliseconds to wait before the attempt after `attempt` (0 is the first); undefined: give up.
   * Takes the retry from the budget.
   */
  next(
    attempt: number,
    retryAfterMs: number | undefined,
    remainingMs: number
  ): number | undefined {
    if (attempt >= this.#maxRetries || this.#saved < 1) return undefined;
    const bound = Math.min(this.#baseDelayMs * 2 ** attempt, this.#maxDelayMs);
    const delayMs = Math.max(Math.random() * bound, retryAfterMs ?? 0);
    if (delayMs >= remainingMs) return undefined;
    this.#saved -= 1;
    return delayMs;
  }
}

/** The policy of one client. @throws RangeError when an option is negative or not a number */
export function createRetryPolicy(
  options?: RetryOptions
): RetryPolicy | undefined {
  return new RetryPolicy(options);
}

function atLeastZero(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(
    `retry.${name} must be a number of at least 0, got ${String(value)}`
  );
}
