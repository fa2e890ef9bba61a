import type { KeyObject } from 'node:crypto';

import { errors, type importSPKI, jwtVerify, type JWTVerifyOptions } from 'jose';

import { assertCanonical, type TokenClaims, tokenError } from './token-claims.ts';
import { decodePart } from './token-key.ts';

/** Text is a shared secret. */
type Key = string | Uint8Array | KeyObject | Awaited<ReturnType<typeof importSPKI>>;

/**
 * Creates the verifier of tokens that are signed with `algorithm`. It rejects unchanged with errors that are not the
 * token's fault (a key, an option).
 * @throws TokenError `malformed`, `invalid` or `expired` (the verifier)
 */
export function createTokenVerifier(
  key: Key,
  algorithm: string,
  options: JWTVerifyOptions = {},
): (token: string) => Promise<TokenClaims> {
  const verifyKey = typeof key === 'string' ? new TextEncoder().encode(key) : key;
  return async (token) => {
    try {
      assertCanonical(token);
      const { payload } = await jwtVerify(token, verifyKey, { ...options, algorithms: [algorithm] });
      return payload;
    } catch (error) {
      throw tokenError(token, algorithm, error, problemOf(error, token));
    }
  };
}

/** Errors of jose that blame the token; the others blame a key or an option. */
const INVALID_TOKEN = [
  errors.JOSEAlgNotAllowed,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
];

function problemOf(error: unknown, token: string): 'invalid' | 'expired' | undefined {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (INVALID_TOKEN.some((known) => error instanceof known)) return 'invalid';
  // An extension that the token requires; an unsupported algorithm is a mistake of this service.
  const isTheirs = error instanceof errors.JOSENotSupported && decodePart(token, 0)?.['crit'] !== undefined;
  return isTheirs ? 'invalid' : undefined;
}
