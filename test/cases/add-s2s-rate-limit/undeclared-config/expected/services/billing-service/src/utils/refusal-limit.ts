import { type Quota, type TokenBuckets, tokenMs } from './token-bucket.js';

interface Caller {
  /** Requests with a good token since the last refusal, up to {@link GOOD_FOR_ONE_BAD}. */
  accepted: number;
  /** By the monotonic clock. */
  blockedUntil: number;
}

/** So many good tokens make up for a bad one: who has many users is no scanner. */
const GOOD_FOR_ONE_BAD = 10;
/** Of more, the one that was heard of least lately starts anew. */
const MAX_CALLERS = 10_000;

/**
 * Turns a caller away whose tokens are refused again and again, before the next one is looked at. Refusals are counted
 * in buckets, which instances may share; that there are no more is remembered here, so that a request with a good token
 * costs no question; another instance may let one refusal more through before it knows.
 */
export class RefusalLimit {
  readonly #buckets: TokenBuckets;
  readonly #quota: Quota;
  readonly #clock: () => number;
  readonly #callers = new Map<string, Caller>();

  constructor(buckets: TokenBuckets, quota: Quota, clock = (): number => performance.now()) {
    this.#buckets = buckets;
    this.#quota = quota;
    this.#clock = clock;
  }

  /** Milliseconds for which a caller is turned away; 0: it is not. */
  blockedForMs(caller: string): number {
    const blockedUntil = this.#callers.get(caller)?.blockedUntil ?? 0;
    return Math.max(0, blockedUntil - this.#clock());
  }

  /** The caller has sent a good token. */
  accepted(caller: string): void {
    const known = this.#know(caller);
    known.accepted = Math.min(known.accepted + 1, GOOD_FOR_ONE_BAD);
  }

  /** The caller has sent a bad token. True: it is turned away from now on. Rejects when it cannot be counted. */
  async refused(caller: string): Promise<boolean> {
    const known = this.#know(caller);
    const isMadeUpFor = known.accepted === GOOD_FOR_ONE_BAD;
    known.accepted = 0;
    if (isMadeUpFor) return false;
    const { remaining, retryAfterMs } = await this.#buckets.take(`refusals|${caller}`, this.#quota);
    if (remaining > 0) return false;
    known.blockedUntil = this.#clock() + (retryAfterMs || tokenMs(this.#quota));
    return true;
  }

  #know(caller: string): Caller {
    const known = this.#callers.get(caller) ?? { accepted: 0, blockedUntil: 0 };
    this.#callers.delete(caller);
    this.#callers.set(caller, known);
    const [oldest] = this.#callers.keys();
    if (this.#callers.size > MAX_CALLERS && oldest !== undefined) this.#callers.delete(oldest);
    return known;
  }
}
