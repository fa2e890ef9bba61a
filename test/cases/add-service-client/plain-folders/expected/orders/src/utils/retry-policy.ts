/** All are at least 0. */
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
    readonly #options: Required<RetryOptions>;
    /** What the first retries were lent and the first calls pay back: enough for the very first call to be retried. */
    #debt: number;
    #saved: number;

    /** @throws RangeError when an option is out of its range */
    constructor({
        maxRetries = 2,
        baseDelayMs = 100,
        maxDelayMs = 2_000,
        budgetRatio = 0.2,
    }: RetryOptions = {}) {
        this.#options = { maxRetries, baseDelayMs, maxDelayMs, budgetRatio };
        for (const [name, value] of Object.entries(this.#options)) {
            if (Number.isFinite(value) && value >= 0) continue;
            throw new RangeError(`retry.${name} must be a number of at least 0, got ${String(value)}`);
        }
        this.#saved = budgetRatio === 0 ? 0 : Math.min(maxRetries, MAX_SAVED);
        this.#debt = this.#saved;
    }

    /** Retries that are saved up now; a part of one is not enough. */
    get saved(): number {
        return this.#saved;
    }

    /** Each call earns its share of a retry. */
    onCall(): void {
        const { budgetRatio } = this.#options;
        if (this.#debt > 0) this.#debt -= budgetRatio;
        else this.#saved = Math.min(this.#saved + budgetRatio, MAX_SAVED);
    }

    /** Takes a retry from the budget: milliseconds to wait after `attempt` (0 is the first); undefined: give up. */
    next(attempt: number, retryAfterMs: number | undefined, remainingMs: number): number | undefined {
        const { maxRetries, baseDelayMs, maxDelayMs } = this.#options;
        if (attempt >= maxRetries || this.#saved < 1) return undefined;
        const bound = Math.min(baseDelayMs * 2 ** attempt, maxDelayMs);
        const delayMs = Math.max(Math.random() * bound, retryAfterMs ?? 0);
        if (delayMs >= remainingMs) return undefined;
        this.#saved -= 1;
        return delayMs;
    }
}

/** The policy of one client. @throws RangeError when an option is out of its range */
export function createRetryPolicy(options?: RetryOptions): RetryPolicy | undefined {
    return new RetryPolicy(options);
}
