import type { JWT, VerifyOptions } from '@fastify/jwt';

import { assertCanonical, type TokenClaims, TokenError, tokenError } from './token-claims.ts';
import { decodePart } from './token-key.ts';

/** Codes of fast-jwt that blame the token; the others blame a key or an option. */
const INVALID_TOKEN =
  /^FAST_JWT_(?:INACTIVE|MALFORMED|MISSING_(?:REQUIRED_CLAIM|SIGNATURE)|INVALID_(?:ALGORITHM|CLAIM_TYPE|CLAIM_VALUE|CRIT_HEADER|PAYLOAD|SIGNATURE|TYPE))$/;

/**
 * Creates the verifier of tokens that @fastify/jwt signs with `algorithm`. `jwt` is called for each token: the plugin may
 * be registered later. Errors that are not the token's fault (a key, an option) are thrown unchanged.
 * @throws TokenError `malformed`, `invalid` or `expired` (the verifier)
 */
export function createTokenVerifier(
  jwt: () => Pick<JWT, 'verify'>,
  algorithm: string,
  options?: Partial<VerifyOptions>,
): (token: string) => TokenClaims {
  /** Header of the last accepted token, with its dot: nearly all tokens have the same. */
  let usualHeader = '.';
  return (token) => {
    try {
      assertCanonical(token);
      const claims = jwt().verify<Record<string, unknown>>(token, options);
      if (claims instanceof Promise) {
        // With a function as secret, these claims may not be verified for this request.
        claims.catch(() => undefined);
        throw new Error('The secret of @fastify/jwt is a function, which only request.jwtVerify() supports');
      }
      if (!token.startsWith(usualHeader)) {
        if (decodePart(token, 0)?.['alg'] !== algorithm) throw new TokenError('invalid');
        usualHeader = token.slice(0, token.indexOf('.') + 1);
      }
      return claims;
    } catch (error) {
      throw tokenError(token, algorithm, error, problemOf(error));
    }
  };
}

function problemOf(error: unknown): 'invalid' | 'expired' | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'FAST_JWT_EXPIRED') return 'expired';
  return INVALID_TOKEN.test(code) ? 'invalid' : undefined;
}
