import { type Quota, type TokenBuckets, tokenMs } from './token-bucket.ts';

interface Caller {
  /** Good tokens on the way to the next credit. */
  accepted: number;
  /** Bad tokens that good ones have made up for. */
  credits: number;
  /** Tokens that are looked at now. */
  undecided: number;
  /** Requests that wait for one of these; false: none turned out good. In the order in which they came. */
  readonly waiting: Set<(place: Place | false) => void>;
  /** Tokens that went back to the bucket. */
  givenBack: number;
  /** A bad token came here, not only to another instance. */
  refused: boolean;
  /** By the monotonic clock. */
  blockedUntil: number;
}

/** Where a token came from, and goes back to. */
type Place = 'credit' | 'bucket';

/** What a token turned out to be; `unknown`: nobody could tell, or nobody asked. */
export type Verdict = 'good' | 'bad' | 'unknown';

/** One token may be looked at. */
export interface Admission {
  /** Must be called once. */
  settle(verdict: Verdict): void;
}

/** So many good tokens make up for a bad one: who has many users is no scanner. */
const GOOD_FOR_ONE_BAD = 10;
/** A caller saves up so many times the quota, at most. */
const MAX_CREDIT = 10;
/** Of more, the one that was heard of least lately starts anew. */
const MAX_CALLERS = 10_000;
/** Requests of one caller that wait for a verdict; more are turned away. */
const MAX_WAITING = 1_000;
const MAX_WAIT_MS = 5_000;

/**
 * Turns a caller away whose tokens are refused again and again, before the next one is looked at. Each token takes one
 * from the caller's bucket before it is looked at, and gives it back unless it is bad: of any number that come at once
 * no more are looked at than the bucket holds. The others wait for a verdict; a good token leaves its place to the next.
 */
export class RefusalLimit {
  readonly #buckets: TokenBuckets;
  readonly #quota: Quota;
  readonly #onBlock: (caller: string) => void;
  readonly #clock: () => number;
  readonly #callers = new Map<string, Caller>();

  /** `onBlock` is called when a caller is turned away for the first time in a while. */
  constructor(
    buckets: TokenBuckets,
    quota: Quota,
    onBlock: (caller: string) => void = () => undefined,
    clock = (): number => performance.now(),
  ) {
    this.#buckets = buckets;
    this.#quota = quota;
    this.#onBlock = onBlock;
    this.#clock = clock;
  }

  /** A number is the milliseconds for which the caller is turned away. Rejects when nobody can tell. */
  async admit(caller: string): Promise<Admission | number> {
    const known = this.#know(caller);
    const waitMs = known.blockedUntil - this.#clock();
    if (waitMs > 0) return waitMs;
    if (known.waiting.size > 0) return this.#wait(caller, known);
    if (known.credits >= 1) {
      known.credits -= 1;
      return this.#open(caller, known, 'credit');
    }
    let retryAfterMs: number;
    let givenBack: number;
    do {
      ({ givenBack } = known);
      ({ retryAfterMs } = await this.#buckets.take(keyOf(caller), this.#quota));
      if (retryAfterMs === 0) return this.#open(caller, known, 'bucket');
      if (known.undecided > 0) return this.#wait(caller, known);
      // What came back meanwhile came too late for this question.
    } while (known.givenBack !== givenBack);
    // Other instances may be looking at good tokens: they alone are no reason to remember it.
    if (known.refused) this.#block(caller, known, retryAfterMs);
    return retryAfterMs;
  }

  #wait(caller: string, known: Caller): Promise<Admission | number> {
    const waitMs = tokenMs(this.#quota);
    if (known.waiting.size >= MAX_WAITING) return Promise.resolve(waitMs);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        known.waiting.delete(leave);
        reject(new Error('The tokens of this caller are still looked at'));
      }, MAX_WAIT_MS).unref();
      const leave = (place: Place | false): void => {
        clearTimeout(timer);
        known.waiting.delete(leave);
        resolve(place === false ? waitMs : this.#open(caller, known, place));
      };
      known.waiting.add(leave);
    });
  }

  #open(caller: string, known: Caller, place: Place): Admission {
    known.undecided += 1;
    let isOpen = true;
    return {
      settle: (verdict) => {
        if (!isOpen) return;
        isOpen = false;
        known.undecided -= 1;
        if (verdict === 'bad') this.#refuse(caller, known);
        else this.#giveBack(caller, known, place, verdict);
      },
    };
  }

  #refuse(caller: string, known: Caller): void {
    known.refused = true;
    if (known.undecided > 0 || known.waiting.size === 0) return;
    this.#block(caller, known, tokenMs(this.#quota));
    for (const leave of [...known.waiting]) leave(false);
  }

  #giveBack(caller: string, known: Caller, place: Place, verdict: Verdict): void {
    if (verdict === 'good') {
      known.accepted += 1;
      if (known.accepted >= GOOD_FOR_ONE_BAD) {
        known.accepted = 0;
        known.credits = Math.min(known.credits + 1, MAX_CREDIT * this.#quota.max);
      }
    }
    const [next] = known.waiting;
    if (next !== undefined) {
      next(place);
    } else if (place === 'credit') {
      known.credits += 1;
    } else {
      known.givenBack += 1;
      // One that does not get there comes back with time.
      Promise.resolve(this.#buckets.give(keyOf(caller), this.#quota)).catch(() => undefined);
    }
  }

  #block(caller: string, known: Caller, waitMs: number): void {
    known.blockedUntil = this.#clock() + waitMs;
    this.#onBlock(caller);
  }

  #know(caller: string): Caller {
    const known = this.#callers.get(caller) ?? {
      accepted: 0,
      credits: 0,
      undecided: 0,
      waiting: new Set(),
      givenBack: 0,
      refused: false,
      blockedUntil: 0,
    };
    this.#callers.delete(caller);
    this.#callers.set(caller, known);
    const [oldest] = this.#callers.keys();
    if (this.#callers.size > MAX_CALLERS && oldest !== undefined) this.#callers.delete(oldest);
    return known;
  }
}

function keyOf(caller: string): string {
  return `refusals|${caller}`;
}
