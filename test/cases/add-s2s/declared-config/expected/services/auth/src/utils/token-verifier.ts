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

/**
 * Builds the verifier once. It gives the claims of a token that this service has signed and that has not expired.
 * @throws TokenError `malformed`, `invalid` or `expired` (the verifier, not this function)
 */
export function createTokenVerifier(app: FastifyInstance): (token: string) => TokenClaims {
  /** The header of the last token that was accepted, with its dot: nearly every token has the same. */
  let usual = '.';
  return (token) => {
    try {
      const claims = app.jwt.verify<Record<string, unknown>>(token);
      if (!token.startsWith(usual)) {
        assertAlgorithm(token);
        usual = token.slice(0, token.indexOf('.') + 1);
      }
      return claims;
    } catch (error) {
      throw tokenError(token, error, hasCode(error, 'FAST_JWT_EXPIRED'));
    }
  };
}

function assertAlgorithm(token: string): void {
  const { alg } = decodePart(token, 0);
  if (alg !== ALGORITHM) throw new TokenError('invalid');
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/**
 * The claims of a token without a look at its signature.
 * @throws TokenError `malformed` when it is not a JWT
 */
export function decodeClaims(token: string): TokenClaims {
  return decodePart(token, 1);
}

/** Says why a token was refused. Only now is it worth the time to look into it. */
function tokenError(token: string, cause: unknown, expired: boolean): TokenError {
  if (cause instanceof TokenError) return cause;
  if (expired) return new TokenError('expired');
  try {
    decodePart(token, 0);
    decodePart(token, 1);
  } catch {
    return new TokenError('malformed');
  }
  return new TokenError('invalid');
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
