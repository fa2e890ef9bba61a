import { type Algorithm, createVerifier, type VerifierOptions } from 'fast-jwt';

import { assertCanonical, type TokenClaims, tokenError } from './token-claims.ts';

/**
 * Creates the verifier of tokens that are signed with `algorithm`. Errors that are not the token's fault (a key, an
 * option) are thrown unchanged.
 * @throws TokenError `malformed`, `invalid` or `expired` (the verifier)
 */
export function createTokenVerifier(
  key: string | Buffer,
  algorithm: Algorithm,
  options: Partial<VerifierOptions> = {},
): (token: string) => TokenClaims {
  const verify = createVerifier({ ...options, key, algorithms: [algorithm] });
  return (token) => {
    try {
      assertCanonical(token);
      return verify(token) as TokenClaims;
    } catch (error) {
      throw tokenError(token, algorithm, error, problemOf(error));
    }
  };
}

/** Codes of fast-jwt that blame the token; the others blame a key or an option. */
const INVALID_TOKEN =
  /^FAST_JWT_(?:INACTIVE|MALFORMED|MISSING_(?:REQUIRED_CLAIM|SIGNATURE)|INVALID_(?:ALGORITHM|CLAIM_TYPE|CLAIM_VALUE|CRIT_HEADER|PAYLOAD|SIGNATURE|TYPE))$/;

function problemOf(error: unknown): 'invalid' | 'expired' | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'FAST_JWT_EXPIRED') return 'expired';
  return INVALID_TOKEN.test(code) ? 'invalid' : undefined;
}
