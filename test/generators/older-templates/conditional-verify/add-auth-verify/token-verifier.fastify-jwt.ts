import '@fastify/jwt';
import type { FastifyInstance } from 'fastify';

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
const ALGORITHM = 'HS256';
/** A part in the one spelling of base64url: no padding, no other alphabet, no bits that decoding would drop. */
const CANONICAL_PART = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/;

/**
 * Builds the verifier once. It gives the claims of a token that this service has signed and that has not expired. What
 * is not the token's fault (a key, an option) is thrown as it comes.
 * @throws TokenError `malformed`, `invalid` or `expired` (the verifier, not this function)
 */
export function createTokenVerifier(app: FastifyInstance): (token: string) => TokenClaims {
  /** The header of the last token that was accepted, with its dot: nearly every token has the same. */
  let usual = '.';
  return (token) => {
    try {
      assertCanonical(token);
      const claims = app.jwt.verify<Record<string, unknown>>(token);
      assertNoPromise(claims);
      if (!token.startsWith(usual)) {
        assertAlgorithm(token);
        usual = token.slice(0, token.indexOf('.') + 1);
      }
      return claims;
    } catch (error) {
      throw tokenError(token, error, problemOf(error));
    }
  };
}

function assertAlgorithm(token: string): void {
  const { alg } = decodePart(token, 0);
  if (alg !== ALGORITHM) throw new TokenError('invalid');
}

/** A function for a secret makes the plugin answer later, and with what it has not verified for this request. */
function assertNoPromise(claims: object): void {
  if (!(claims instanceof Promise)) return;
  claims.catch(() => undefined);
  throw new Error('The secret of @fastify/jwt is a function, which only request.jwtVerify() can use');
}

/** The codes of fast-jwt that are about a token; the others are about keys and options. */
const ABOUT_TOKEN = new Set([
  'FAST_JWT_INACTIVE',
  'FAST_JWT_INVALID_ALGORITHM',
  'FAST_JWT_INVALID_CLAIM_TYPE',
  'FAST_JWT_INVALID_CLAIM_VALUE',
  'FAST_JWT_INVALID_CRIT_HEADER',
  'FAST_JWT_INVALID_PAYLOAD',
  'FAST_JWT_INVALID_SIGNATURE',
  'FAST_JWT_INVALID_TYPE',
  'FAST_JWT_MALFORMED',
  'FAST_JWT_MISSING_REQUIRED_CLAIM',
  'FAST_JWT_MISSING_SIGNATURE',
]);

function problemOf(error: unknown): TokenProblem | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'FAST_JWT_EXPIRED') return 'expired';
  return ABOUT_TOKEN.has(code) ? 'invalid' : undefined;
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
  if (!token.split('.').every((part) => CANONICAL_PART.test(part))) throw new TokenError('malformed');
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
  const decoded = parts.length === 3 ? parseJson(Buffer.from(String(parts[index]), 'base64url')) : undefined;
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
