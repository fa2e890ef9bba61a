import type { KeyObject } from 'node:crypto';

import { errors, type importSPKI, jwtVerify } from 'jose';

/** What a verified token says. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** Why a token is not accepted. */
export type TokenProblem = 'malformed' | 'invalid' | 'expired' | 'revoked';

export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code: TokenProblem;

  constructor(code: TokenProblem) {
    super(`Token is ${code}`);
    this.code = code;
  }
}

/** The only algorithm that this service signs with; a token that names another one is not looked at. */
const ALGORITHM = 'ES256';
/** A part in the one spelling of base64url: no padding, no other alphabet, no bits that decoding would drop. */
const CANONICAL_PART = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/;

/**
 * Builds the verifier once. It gives the claims of a token that this service has signed and that has not expired. What
 * is not the token's fault (a key, an option) is thrown as it comes.
 * @throws TokenError `malformed`, `invalid` or `expired` (the verifier, not this function)
 */
export function createTokenVerifier(
  key: Awaited<ReturnType<typeof importSPKI>> | KeyObject,
): (token: string) => Promise<TokenClaims> {
  return async (token) => {
    try {
      assertCanonical(token);
      const { payload } = await jwtVerify(token, key, { algorithms: [ALGORITHM] });
      return payload;
    } catch (error) {
      throw tokenError(token, error, problemOf(error, token));
    }
  };
}

/** The errors of jose that are about a token; the others are about keys and options. */
const ABOUT_TOKEN = [
  errors.JOSEAlgNotAllowed,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
];

function problemOf(error: unknown, token: string): TokenProblem | undefined {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (ABOUT_TOKEN.some((known) => error instanceof known)) return 'invalid';
  // An extension that the token asks for; an algorithm that is not supported is a mistake of ours.
  const isTheirs = error instanceof errors.JOSENotSupported && 'crit' in decodePart(token, 0);
  return isTheirs ? 'invalid' : undefined;
}

/**
 * The claims of a token without a look at its signature.
 * @throws TokenError `malformed` when it is not a JWT
 */
export function decodeClaims(token: string): TokenClaims {
  return decodePart(token, 1);
}

/** Two texts must never be the same token to the libraries, which drop bits and padding as they decode. */
function assertCanonical(token: string): void {
  if (!token.split('.').every((part) => CANONICAL_PART.test(part)))
    throw new TokenError('malformed');
}

/** Bytes of a signature of this algorithm, where every one has the same: a library may throw for another. */
const SIGNATURE_BYTES: Readonly<Record<string, number>> = { ES256: 64, ES384: 96, ES512: 132 };

/** Says why a token was refused; gives the cause back when it is not the token's fault. */
function tokenError(token: string, cause: unknown, problem: TokenProblem | undefined): Error {
  if (cause instanceof TokenError) return cause;
  if (problem === 'expired') return new TokenError(problem);
  try {
    decodePart(token, 0);
    decodePart(token, 1);
  } catch {
    return new TokenError('malformed');
  }
  const bytes = SIGNATURE_BYTES[ALGORITHM];
  const signature = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url');
  if (problem !== undefined || (bytes !== undefined && signature.length !== bytes)) {
    return new TokenError('invalid');
  }
  return cause instanceof Error ? cause : new Error(String(cause));
}

function decodePart(token: string, index: 0 | 1): TokenClaims {
  const parts = token.split('.');
  const decoded =
    parts.length === 3 ? parseJson(Buffer.from(String(parts[index]), 'base64url')) : undefined;
  if (typeof decoded !== 'object' || decoded === null || Array.isArray(decoded)) {
    throw new TokenError('malformed');
  }
  return decoded as TokenClaims;
}

/** Undefined for what is no JSON. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
