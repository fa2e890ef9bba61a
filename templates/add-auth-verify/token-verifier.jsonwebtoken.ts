import { createPublicKey, createSecretKey, KeyObject } from 'node:crypto';

import jwt from 'jsonwebtoken';

import { assertCanonical, type TokenClaims, TokenError, tokenError } from './token-claims.ts';

/**
 * Creates the verifier of tokens that are signed with `algorithm`. Errors that are not the token's fault (a key, an
 * option) are thrown unchanged.
 * @throws TokenError `malformed`, `invalid` or `expired` (the verifier)
 */
export function createTokenVerifier(
  secretOrPublicKey: string | Buffer | KeyObject,
  algorithm: jwt.Algorithm,
  options: jwt.VerifyOptions = {},
): (token: string) => TokenClaims {
  const key = toKeyObject(secretOrPublicKey, algorithm);
  return (token) => {
    try {
      assertCanonical(token);
      const claims = jwt.verify(token, key, { ...options, algorithms: [algorithm], complete: false });
      if (typeof claims === 'string' || Array.isArray(claims)) throw new TokenError('invalid');
      return claims;
    } catch (error) {
      throw tokenError(token, algorithm, error, problemOf(error));
    }
  };
}

/** A key object is parsed once, a string at each call. */
function toKeyObject(key: string | Buffer | KeyObject, algorithm: string): KeyObject {
  if (key instanceof KeyObject) return key;
  if (!algorithm.startsWith('HS')) return createPublicKey(key);
  return createSecretKey(typeof key === 'string' ? Buffer.from(key) : key);
}

/** jsonwebtoken has one class for bad tokens, keys and options: these are its messages about tokens. */
const INVALID_TOKEN = /^(?:jwt |invalid |iat required)/;

function problemOf(error: unknown): 'invalid' | 'expired' | undefined {
  if (error instanceof jwt.TokenExpiredError) return 'expired';
  return error instanceof jwt.JsonWebTokenError && INVALID_TOKEN.test(error.message) ? 'invalid' : undefined;
}
