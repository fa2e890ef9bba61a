import type { FastifyRequest } from 'fastify';

import { tokenKey } from './token-key.ts';
import { decodeClaims, type TokenClaims, TokenError } from './token-verifier.ts';

/** Where revoked tokens are kept until they would have expired. */
export interface BlacklistStore {
  /** Keeps a key for that many seconds. Rejects when it cannot. */
  add(key: string, seconds: number): Promise<void>;
  has(key: string): Promise<boolean>;
}

/** Gives the claims of a token that is good; throws or rejects when it is not. */
export type TokenVerifier = (token: string) => TokenClaims | Promise<TokenClaims>;

/** The most that any verifier tolerates after `exp`. Later a token counts as revoked: its entry may be gone. */
const MAX_TOLERANCE_SECONDS = 600;
/** Clocks of two machines may differ by this much. */
const SKEW_SECONDS = 60;
/** A token without `exp` never expires: it stays revoked for a century. */
const LONGEST_SECONDS = 100 * 365 * 24 * 60 * 60;

/** Tokens that were revoked before they expired, by a logout for one. */
export class TokenBlacklist {
  readonly #store: BlacklistStore;
  readonly #verify: TokenVerifier;

  constructor(store: BlacklistStore, verify: TokenVerifier) {
    this.#store = store;
    this.#verify = verify;
  }

  /**
   * Revokes a token for the rest of its life. One that is forged or has expired is no good anyway: nothing is kept, so
   * nobody can fill the store, or revoke a token that is not theirs by its `jti`.
   * Rejects when it cannot be kept: answer 503 then, since the token is still good.
   */
  async revoke(token: string): Promise<void> {
    let claims: TokenClaims;
    try {
      claims = await this.#verify(token);
    } catch (error) {
      if (error instanceof TokenError) return;
      throw error;
    }
    await this.#store.add(tokenKey(token), entrySeconds(claims));
  }

  /** Revokes the Bearer token of a request; a request without one is no error. */
  async revokeRequest(request: FastifyRequest): Promise<void> {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token !== undefined) await this.revoke(token);
  }

  /** Rejects when the store cannot be asked: take the token for revoked then. */
  isRevoked(token: string): Promise<boolean> {
    const { exp } = claimsOf(token) ?? {};
    const isPast = typeof exp === 'number' && Date.now() / 1_000 > exp + MAX_TOLERANCE_SECONDS;
    return isPast ? Promise.resolve(true) : this.#store.has(tokenKey(token));
  }
}

function claimsOf(token: string): TokenClaims | undefined {
  try {
    return decodeClaims(token);
  } catch {
    return undefined;
  }
}

/** An entry outlives the last moment at which some verifier still accepts the token. */
function entrySeconds({ exp }: TokenClaims): number {
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return LONGEST_SECONDS;
  const left = Math.max(0, Math.ceil(exp - Date.now() / 1_000));
  return Math.min(left + MAX_TOLERANCE_SECONDS + SKEW_SECONDS, LONGEST_SECONDS);
}

/**
 * Keeps revoked tokens in the memory of this process: good for one instance, and gone after a restart.
 * When `maxEntries` tokens are revoked at once, `add` rejects; none is forgotten before its time.
 */
export function createMemoryStore(maxEntries = 100_000): BlacklistStore {
  const expiries = new Map<string, number>();
  const purge = (now: number): void => {
    for (const [key, expiresAt] of expiries) if (expiresAt <= now) expiries.delete(key);
  };
  return {
    add(key, seconds) {
      const now = performance.now();
      if (expiries.size >= maxEntries && !expiries.has(key)) purge(now);
      if (expiries.size >= maxEntries && !expiries.has(key)) {
        return Promise.reject(new Error(`The token blacklist is full (${String(maxEntries)} entries)`));
      }
      expiries.set(key, now + seconds * 1_000);
      return Promise.resolve();
    },
    has: (key) => Promise.resolve((expiries.get(key) ?? 0) > performance.now()),
  };
}

/** Other products may keep their own revoked tokens in the same Redis. */
const PREFIX = 'token-blacklist:acme/auth-service:';

/** The part of an ioredis client that is used. */
export interface RedisClient {
  set(key: string, value: string, unit: 'EX', seconds: number): Promise<unknown>;
  exists(key: string): Promise<number>;
}

/** How to duplicate a Redis client for the blacklist: without a connection a command fails at once. */
export const FAIL_FAST = {
  lazyConnect: false,
  connectTimeout: 1_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
} as const;

/**
 * Milliseconds for which Redis may stand still before commands fail: shorter stalls are no outage. Answers come in the
 * order of the commands, so to ask again would only take longer than to wait.
 */
const PATIENCE_MS = 1_000;

/**
 * Keeps revoked tokens in Redis, where every instance sees them at once. Rejects within 100 ms when Redis does not
 * answer, and within {@link PATIENCE_MS} when it did until then.
 */
export function createRedisStore(client: RedisClient, prefix = PREFIX): BlacklistStore {
  let waiting = 0;
  let silentSince = 0;
  const answered = (): void => {
    waiting -= 1;
    silentSince = performance.now();
  };
  const ask = <T>(command: Promise<T>): Promise<T> => {
    const askedAt = performance.now();
    if (waiting === 0) silentSince = askedAt;
    waiting += 1;
    command.then(answered, answered);
    return inTime(command, () => performance.now() - Math.min(askedAt, silentSince) < PATIENCE_MS);
  };
  return {
    async add(key, seconds) {
      await ask(client.set(prefix + key, '1', 'EX', seconds));
    },
    async has(key) {
      return (await ask(client.exists(prefix + key))) > 0;
    },
  };
}

/** Milliseconds; two of them are what a command has. */
const TICK_MS = 25;

/**
 * The answer to a command; rejects when there is none after two ticks, and after each further one unless `mayWait`. Only
 * what the event loop has come round to counts: before a tick ends, what has arrived meanwhile is read, and a process
 * that stood still has lost one tick, however long that was.
 */
function inTime<T>(command: Promise<T>, mayWait = (): boolean => false): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let ticks = 0;
    const wait = (): void => {
      timer = setTimeout(() => setImmediate(endTick), TICK_MS);
    };
    const endTick = (): void => {
      ticks += 1;
      if (timer !== undefined && (ticks < 2 || mayWait())) wait();
      else reject(new Error('Redis did not answer in time'));
    };
    const settled = (): void => {
      clearTimeout(timer);
      timer = undefined;
    };
    wait();
    command.then(resolve, reject).finally(settled);
  });
}
