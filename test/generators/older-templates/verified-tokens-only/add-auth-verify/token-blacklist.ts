import { createHash } from 'node:crypto';

import type { FastifyRequest } from 'fastify';

import { decodeClaims, type TokenClaims } from './token-verifier.ts';

/** Where revoked tokens are kept until they would have expired. */
export interface BlacklistStore {
  /** Keeps a key for that many seconds. Rejects when it cannot. */
  add(key: string, seconds: number): Promise<void>;
  has(key: string): Promise<boolean>;
}

/** A token without `exp` stays revoked for a year. */
const LONGEST_SECONDS = 365 * 24 * 60 * 60;
/** Clocks of two machines may differ by this much. */
const SKEW_SECONDS = 5;

/** Tokens that were revoked before they expired, by a logout for one. */
export class TokenBlacklist {
  readonly #store: BlacklistStore;

  constructor(store: BlacklistStore) {
    this.#store = store;
  }

  /**
   * Revokes a token for the rest of its life. One that is malformed or has expired is no good anyway: nothing is kept.
   * Rejects when it cannot be kept: answer 503 then, since the token is still good.
   */
  async revoke(token: string): Promise<void> {
    const claims = claimsOf(token);
    const seconds = claims === undefined ? 0 : secondsLeft(claims);
    if (seconds > 0) await this.#store.add(keyOf(token, claims), seconds);
  }

  /** Revokes the Bearer token of a request; a request without one is no error. */
  async revokeRequest(request: FastifyRequest): Promise<void> {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token !== undefined) await this.revoke(token);
  }

  /** Rejects when the store cannot be asked: take the token for revoked then. */
  isRevoked(token: string): Promise<boolean> {
    return this.#store.has(keyOf(token, claimsOf(token)));
  }
}

function claimsOf(token: string): TokenClaims | undefined {
  try {
    return decodeClaims(token);
  } catch {
    return undefined;
  }
}

/** `jti` names a token; without one its hash does, so that no token is ever stored. */
function keyOf(token: string, claims: TokenClaims | undefined): string {
  const jti = claims?.['jti'];
  const usable = typeof jti === 'string' && jti !== '' && jti.length <= 256;
  return usable ? `jti:${jti}` : `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

function secondsLeft({ exp }: TokenClaims): number {
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return LONGEST_SECONDS;
  const left = Math.ceil(exp - Date.now() / 1_000);
  return left <= 0 ? 0 : Math.min(left + SKEW_SECONDS, LONGEST_SECONDS);
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

/** The part of an ioredis client that is used. */
export interface RedisClient {
  set(key: string, value: string, unit: 'EX', seconds: number): Promise<unknown>;
  exists(key: string): Promise<number>;
}

/** How to duplicate a Redis client for the blacklist: a command fails within 100 ms instead of waiting for Redis. */
export const FAIL_FAST = {
  lazyConnect: false,
  commandTimeout: 100,
  connectTimeout: 1_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
} as const;

/** Keeps revoked tokens in Redis, where every instance sees them at once. */
export function createRedisStore(client: RedisClient, prefix = 'token-blacklist:'): BlacklistStore {
  return {
    async add(key, seconds) {
      await client.set(prefix + key, '1', 'EX', seconds);
    },
    async has(key) {
      return (await client.exists(prefix + key)) > 0;
    },
  };
}
