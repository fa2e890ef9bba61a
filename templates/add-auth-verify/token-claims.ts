import { decodePart } from './token-key.ts';

/** Claims of a verified token. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** Verifies signature and times of a token; throws or rejects with a TokenError if it is not valid. */
export type TokenVerifier = (token: string) => TokenClaims | Promise<TokenClaims>;

const MESSAGES = {
  malformed: 'Token is malformed',
  invalid: 'Token is invalid',
  expired: 'Token has expired',
  revoked: 'Token has been revoked',
} as const;

/** Why a token is refused. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code: keyof typeof MESSAGES;

  constructor(code: keyof typeof MESSAGES) {
    super(MESSAGES[code]);
    this.code = code;
  }
}

/** base64url without padding, and the dots between the parts. */
const ALPHABET = /^[\w.-]*$/;
/** What a part of 4n, 4n + 1 … characters may end with, for decoding to drop no bits; undefined: none has that length. */
const LAST_CHARACTERS = ['', undefined, 'AQgw', 'AEIMQUYcgkosw048'];
/** Characters of a signature: for another length, libraries throw errors that do not blame the token. */
const SIGNATURE_LENGTHS: Readonly<Record<string, number>> = { ES256: 86, ES384: 128, ES512: 176 };

/**
 * Libraries drop padding and unused bits, so several texts would be the same token.
 * @throws TokenError `malformed` if a part is not canonical base64url
 */
export function assertCanonical(token: string): void {
  let isCanonical = ALPHABET.test(token);
  for (let start = 0; isCanonical && start <= token.length;) {
    const dot = token.indexOf('.', start);
    const end = dot < 0 ? token.length : dot;
    const last = LAST_CHARACTERS[(end - start) % 4];
    isCanonical = last === '' || last?.includes(token.charAt(end - 1)) === true;
    start = end + 1;
  }
  if (!isCanonical) throw new TokenError('malformed');
}

/** The TokenError for what a library threw about a token; `cause` itself if the token is not at fault. */
export function tokenError(
  token: string,
  algorithm: string,
  cause: unknown,
  problem: 'invalid' | 'expired' | undefined,
): Error {
  if (cause instanceof TokenError) return cause;
  if (problem === 'expired') return new TokenError(problem);
  if (decodePart(token, 0) === undefined || decodePart(token, 1) === undefined)
    return new TokenError('malformed');
  const { length } = token.slice(token.lastIndexOf('.') + 1);
  if (problem !== undefined || length !== (SIGNATURE_LENGTHS[algorithm] ?? length))
    return new TokenError('invalid');
  return cause instanceof Error ? cause : new Error(String(cause));
}
