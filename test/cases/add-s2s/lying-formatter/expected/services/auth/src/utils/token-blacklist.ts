import type { FastifyRequest } from "fastify";

import {
  decodeClaims,
  type TokenClaims,
  TokenError,
  type TokenVerifier
} from "./token-claims.js";
import { tokenKey } from "./token-key.js";

declare module "fastify" {
  interface FastifyInstance {
    /** Call `revokeRequest(request)` on logout. */
    tokenBlacklist: TokenBlacklist;
  }
}

/** Stores revoked tokens until they would have expired. */
export interface BlacklistStore {
  /** Stores a key for `seconds`. Rejects if it cannot. */
  add(key: string, seconds: number): Promise<void>;
  has(key: string): Promise<boolean>;
}

/** Tokens that a request has outside its `Authorization` header. */
export type FindTokens = (
  request: FastifyRequest
) => readonly (string | undefined)[];

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

  /** `findTokens`: where `revokeRequest` looks beside the `Authorization` header. */
  constructor(
    store: BlacklistStore,
    verify: TokenVerifier,
    findTokens: FindTokens = () => []
  ) {
    this.#store = store;
    this.#verify = verify;
    this.#findTokens = findTokens;
  }

  /**
   * Revokes a token for the rest of its life. A forged or expired one is ignored, so nobody can fill the store, or revoke
   * another's token by its `jti`. Rejects if the token cannot be stored: it is still valid then, so answer 503.
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

  /** Revokes the tokens of a request; without any it does nothing. */
  async revokeRequest(request: FastifyRequest): Promise<void> {
    const [, bearer] =
      /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    for (const token of [bearer, ...this.#findTokens(request)]) {
      if (token !== undefined && token !== "") await this.revoke(token);
    }
  }

  /** Rejects if the store does not answer: treat the token as revoked then. */
  isRevoked(token: string): Promise<boolean> {
    const { exp } = claimsOf(token) ?? {};
    const isPast =
      typeof exp === "number" &&
      Date.now() / 1_000 > exp + MAX_TOLERANCE_SECONDS;
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

/** An entry outlives the last moment at which any verifier accepts the token. */
function entrySeconds({ exp }: TokenClaims): number {
  if (typeof exp !== "number" || !Number.isFinite(exp)) return LONGEST_SECONDS;
  const left = Math.max(0, Math.ceil(exp - Date.now() / 1_000));
  return Math.min(left + MAX_TOLERANCE_SECONDS + SKEW_SECONDS, LONGEST_SECONDS);
}
