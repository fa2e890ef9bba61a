export interface ClaimCacheOptions<T extends object = object> {
  /** Milliseconds for which a verified token is not asked about again: a revocation that nobody tells of takes that long. */
  ttlMs: number;
  /** Tokens kept of each kind, verified and refused; the oldest goes first. Default 1 000. */
  maxEntries?: number;
  /** Milliseconds, monotonic. Default `performance.now`. */
  clock?: () => number;
  /** Epoch milliseconds, for the tokens' own expiry. Default `Date.now`. */
  now?: () => number;
  /** What revocations know a token by, as token-key.ts tells. Default: they do not, and each of them clears the cache. */
  keyOf?: (token: string) => string;
  /**
   * Called once with the cache, to have it told of revocations. Gives whether it has been told of all: while it has not,
   * nothing that it remembers counts.
   */
  subscribe?: (cache: ClaimCache<T>) => (() => boolean) | undefined;
}

interface Entry<T> {
  readonly claims: T;
  /** By the monotonic clock. */
  readonly staleAt: number;
  /** Epoch milliseconds; `Infinity` when the token does not say. */
  readonly expiresAt: number;
  /** What revocations know the token by. */
  readonly key: string | undefined;
}

/** A question to the auth service that is under way. */
interface Question {
  readonly key: string | undefined;
  /** Its answer may be from before a revocation. */
  isOutdated: boolean;
  readonly onOutdated: () => void;
}

/** A refusal is kept for a moment only: the same token may be asked about again by mistake, not for long. */
const REFUSAL_TTL_MS = 1_000;

/**
 * Remembers what the auth service said of a token, by the whole token and never past its `exp`. Refused tokens have
 * a place of their own, so that garbage cannot push verified ones out.
 */
export class ClaimCache<T extends object> {
  readonly #ttlMs: number;
  readonly #maxEntries: number;
  readonly #clock: () => number;
  readonly #now: () => number;
  readonly #keyOf: ((token: string) => string) | undefined;
  readonly #isTold: (() => boolean) | undefined;
  readonly #verified = new Map<string, Entry<T>>();
  readonly #refused = new Map<string, number>();
  readonly #questions = new Set<Question>();

  /** @throws RangeError when a number is not above 0 */
  constructor(options: ClaimCacheOptions<T>) {
    this.#ttlMs = aboveZero('ttlMs', options.ttlMs);
    this.#maxEntries = aboveZero('maxEntries', options.maxEntries ?? 1_000);
    this.#clock = options.clock ?? (() => performance.now());
    this.#now = options.now ?? (() => Date.now());
    this.#keyOf = options.keyOf;
    this.#isTold = options.subscribe?.(this);
  }

  /** The claims; null for a token known to be refused; undefined for one to ask about. */
  get(token: string): T | null | undefined {
    const entry = this.#isTold?.() === false ? undefined : this.#verified.get(token);
    if (entry !== undefined) {
      if (this.#clock() < entry.staleAt && this.#now() < entry.expiresAt) return entry.claims;
      this.#verified.delete(token);
    }
    const refusedUntil = this.#refused.get(token);
    if (refusedUntil === undefined) return undefined;
    if (this.#clock() < refusedUntil) return null;
    this.#refused.delete(token);
    return undefined;
  }

  /**
   * Asks about a token and remembers the answer, null for a token that is refused. Its time runs from the question: the
   * answer may have been long under way.
   * After a revocation of the token, or a gap in which one may have been missed, the answer does not count: the token is
   * asked about once more. `onOutdated` is called at once, so that nobody else waits for that answer.
   */
  async load(
    token: string,
    ask: () => Promise<T | null>,
    onOutdated: () => void = () => undefined,
  ): Promise<T | null> {
    const askedAt = this.#clock();
    const question: Question = { key: this.#keyOf?.(token), isOutdated: false, onOutdated };
    this.#questions.add(question);
    try {
      const claims = await ask();
      if (claims === null || !question.isOutdated) return this.set(token, claims, askedAt);
    } finally {
      this.#questions.delete(question);
    }
    return ask();
  }

  /** Remembers the claims, or with null that the token was refused, and gives them back. */
  set(token: string, claims: T | null, askedAt = this.#clock()): T | null {
    if (claims === null) {
      this.#refused.delete(token);
      this.#refused.set(token, this.#clock() + Math.min(this.#ttlMs, REFUSAL_TTL_MS));
      dropOldest(this.#refused, this.#maxEntries);
    } else {
      this.#verified.delete(token);
      const staleAt = askedAt + this.#ttlMs;
      this.#verified.set(token, { claims, staleAt, expiresAt: expiryOf(token), key: this.#keyOf?.(token) });
      dropOldest(this.#verified, this.#maxEntries);
    }
    return claims;
  }

  /** Forgets the tokens of that key, and keeps nothing of the message: anybody may have sent it. */
  revoke(key: string): void {
    if (this.#keyOf === undefined) {
      this.clear();
      return;
    }
    for (const [token, entry] of this.#verified) if (entry.key === key) this.#verified.delete(token);
    for (const question of this.#questions) if (question.key === key) this.#outdate(question);
  }

  /** Forgets every verified token: a revocation may have been missed. */
  clear(): void {
    this.#verified.clear();
    for (const question of this.#questions) this.#outdate(question);
  }

  #outdate(question: Question): void {
    this.#questions.delete(question);
    question.isOutdated = true;
    question.onOutdated();
  }
}

function dropOldest(entries: Map<string, unknown>, maxEntries: number): void {
  const [oldest] = entries.keys();
  if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
}

/** The `exp` of a token that was verified already, as epoch milliseconds. */
function expiryOf(token: string): number {
  const [, payload = ''] = token.split('.');
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('exp' in claims)) return Number.POSITIVE_INFINITY;
    return typeof claims.exp === 'number' ? claims.exp * 1_000 : Number.POSITIVE_INFINITY;
  } catch {
    // Not a JWT: its expiry cannot be read here.
    return Number.POSITIVE_INFINITY;
  }
}

function aboveZero(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`${name} must be finite and above 0, got ${String(value)}`);
}
