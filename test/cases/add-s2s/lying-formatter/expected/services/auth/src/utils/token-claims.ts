/** Claims of a verified token. */
export type TokenClaims = Readonly<Record<string, unknown>>;

/** Verifies signature and times of a token; throws or rejects with a TokenError if it is not valid. */
export type TokenVerifier = (
  token: string
) => TokenClaims | Promise<TokenClaims>;

/** Why a token is refused. */
export type TokenProblem = "malformed" | "invalid" | "expired" | "revoked";

export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly code: TokenProblem;

  constructor(code: TokenProblem) {
    super(`Token is ${code}`);
    this.code = code;
  }
}

/** base64url without padding, and the dots between the parts. */
const ALPHABET = /^[\w.-]*$/;
/** What a part of 4n, 4n + 1 … characters may end with, for decoding to drop no bits; undefined: none has that length. */
const LAST_CHARACTERS = ["", undefined, "AQgw", "AEIMQUYcgkosw048"];
/** Bytes of a signature: for another length, libraries throw errors that do not blame the token. */
const SIGNATURE_BYTES: Readonly<Record<string, number>> = {
  ES256: 64,
  ES384: 96,
  ES512: 132
};

/**
 * Decodes the claims without verifying the signature.
 * @throws TokenError `malformed` if the text is not a JWT
 */
export function decodeClaims(token: string): TokenClaims {
  return decodePart(token, 1);
}

/** @throws TokenError `malformed` if the text is not a JWT */
export function decodeHeader(token: string): TokenClaims {
  return decodePart(token, 0);
}

/**
 * Libraries drop padding and unused bits, so several texts would be the same token.
 * @throws TokenError `malformed` if a part is not canonical base64url
 */
export function assertCanonical(token: string): void {
  let isCanonical = ALPHABET.test(token);
  for (let start = 0; isCanonical && start <= token.length;) {
    const dot = token.indexOf(".", start);
    const end = dot < 0 ? token.length : dot;
    const last = LAST_CHARACTERS[(end - start) % 4];
    isCanonical = last === "" || last?.includes(token.charAt(end - 1)) === true;
    start = end + 1;
  }
  if (!isCanonical) throw new TokenError("malformed");
}

/** The TokenError for what a library threw about a token; `cause` itself if the token is not at fault. */
export function tokenError(
  token: string,
  algorithm: string,
  cause: unknown,
  problem: "invalid" | "expired" | undefined
): Error {
  if (cause instanceof TokenError) return cause;
  if (problem === "expired") return new TokenError(problem);
  try {
    decodeHeader(token);
    decodeClaims(token);
  } catch {
    return new TokenError("malformed");
  }
  const bytes = SIGNATURE_BYTES[algorithm];
  const signature = Buffer.from(
    token.slice(token.lastIndexOf(".") + 1),
    "base64url"
  );
  if (
    problem !== undefined ||
    (bytes !== undefined && signature.length !== bytes)
  ) {
    return new TokenError("invalid");
  }
  return cause instanceof Error ? cause : new Error(String(cause));
}

function decodePart(token: string, index: 0 | 1): TokenClaims {
  const parts = token.split(".");
  const decoded =
    parts.length === 3
      ? parseJson(Buffer.from(String(parts[index]), "base64url"))
      : undefined;
  if (
    typeof decoded !== "object" ||
    decoded === null ||
    Array.isArray(decoded)
  ) {
    throw new TokenError("malformed");
  }
  return decoded as TokenClaims;
}

/** Undefined if it is not JSON. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
