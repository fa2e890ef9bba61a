import type { FastifyRequest } from 'fastify';

import { type TokenClaims, TokenError, type TokenVerifier } from './token-claims.ts';
import { decodePart, tokenKey } from './token-key.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Call `revokeRequest(request)` on logout. */
    tokenBlacklist: TokenBlacklist;
  }
}

/** Stores revoked tokens until they would have expired. */
export interface BlacklistStore {
  /** Rejects if it cannot store the key for `seconds`. */
  add(key: string, seconds: number): Promise<void>;
  has(key: string): Promise<boolean>;
}

/** Tokens that a request has outside its `Authorization` header. */
export type FindTokens = (request: FastifyRequest) => readonly (string | undefined)[];

/** The longest tolerance of any verifier after `exp`. Later, a token counts as revoked: its entry may be gone. */
const MAX_TOLERANCE_SECONDS = 600;
/** Clocks of two machines may differ by this much. */
const SKEW_SECONDS = 60;
/** For tokens without `exp`: a century. */
const LONGEST_SECONDS = 100 * 365 * 24 * 60 * 60;

/** The denylist: tokens that were revoked before they expired, for example by a logout. */
export class TokenBlacklist {
  readonly #store: BlacklistStore;
  readonly #verify: TokenVerifier;
  readonly #findTokens: FindTokens;

  constructor(store: BlacklistStore, verify: TokenVerifier, findTokens: FindTokens = () => []) {
    this.#store = store;
    this.#verify = verify;
    this.#findTokens = findTokens;
  }

  /**
   * Revokes a token for the rest of its life. A forged or expired one is ignored, so nobody can fill the store, or revoke
   * another's token by its `jti`. Rejects if the token cannot be stored: it is still valid then, so answer 503.
   */
  async revoke(token: string): Promise<void> {
    try {
      const claims = await this.#verify(token);
      await this.#store.add(tokenKey(token), entrySeconds(claims));
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
    }
  }

  /** Revokes the tokens of a request; without any it does nothing. */
  async revokeRequest(request: FastifyRequest): Promise<void> {
    const [, bearer] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    for (const token of [bearer, ...this.#findTokens(request)]) {
      if (token !== undefined && token !== '') await this.revoke(token);
    }
  }

  /** Rejects if the store does not answer: treat the token as revoked then. */
  async isRevoked(token: string): Promise<boolean> {
    const exp = decodePart(token, 1)?.['exp'];
    const isPast = typeof exp === 'number' && Date.now() / 1_000 > exp + MAX_TOLERANCE_SECONDS;
    return isPast || (await this.#store.has(tokenKey(token)));
  }
}

/** An entry outlives the last moment at which any verifier accepts the token. */
function entrySeconds({ exp }: TokenClaims): number {
  const left = typeof exp === 'number' ? Math.max(0, Math.ceil(exp - Date.now() / 1_000)) : LONGEST_SECONDS;
  return Math.min(left + MAX_TOLERANCE_SECONDS + SKEW_SECONDS, LONGEST_SECONDS);
}
