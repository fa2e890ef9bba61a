import { errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose';

import {
  aboveZero,
  ALGORITHMS,
  type KeyClient,
  type KeyLogger,
  type Keys,
  KeySet,
  keySetError,
  type KeySetOptions,
} from './key-set.ts';

export interface LocalVerifierOptions extends KeySetOptions {
  /** The `iss` of every accepted token. */
  issuer: string;
  /** The `aud` of every accepted token, or one of them. */
  audience: string | readonly string[];
  /** Seconds by which `exp` and `nbf` may be missed: clocks differ. 0 or more. Default 5. */
  clockToleranceS?: number;
  /** Verified tokens that are remembered until their `exp`; the oldest is dropped first. Default 10 000. */
  maxTokens?: number;
  /** Tokens that were revoked before they expired. Default: there are none. */
  denylist?: Denylist;
  /** The user of verified claims; null if they authenticate nobody. Default {@link toUser}. */
  toUser?: (claims: JWTPayload) => VerifiedUser | null;
  /** Epoch milliseconds. Default `Date.now`. */
  now?: () => number;
}

/** Revoked tokens, as revocation-denylist.ts follows them. */
export interface Denylist {
  /** What a token is known by. */
  keyOf(token: string): string;
  has(key: string): boolean;
  /** Whether it has been told of every revocation; while it has not, nobody gets in. */
  isTold(): boolean;
}

/** The owner of a token, as the auth middleware puts it on the request. */
export interface VerifiedUser {
  readonly userId: string;
  readonly email: string | undefined;
  readonly tenantId: string | undefined;
}

interface Remembered {
  readonly user: VerifiedUser;
  readonly expiresAt: number;
  /** What a revocation knows the token by; empty without a denylist. */
  readonly key: string;
}

/** The user, null for a token that is not valid, or milliseconds until the key server can be asked. */
type Answer = VerifiedUser | null;
type Verify = (token: string) => Answer | Promise<Answer> | number;

const ASYMMETRIC = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/;
/** Header types of access tokens; the same key may sign logout, security event and proof tokens. */
const ACCESS_TOKEN_TYPE = /^(?:application\/)?(?:at\+)?jwt$/i;
/** Claims that name the purpose of a token. */
const KIND_CLAIMS = ['token_use', 'token_type', 'tokenType', 'type', 'typ'];
const OTHER_KIND = /^(?:refresh|id|logout)(?:[-_ ]?token)?$/i;

/**
 * Verifies tokens with the public keys of their issuer, instead of asking the auth service: the `verifier` of the auth
 * middleware. The keys are fetched through its client, on the first token.
 * @throws TypeError without issuer or audience, or with a symmetric algorithm; RangeError for a number out of range
 */
export function localVerifier(options: LocalVerifierOptions): (client: KeyClient, log: KeyLogger) => Verify {
  const expected = readExpectations(options);
  const maxTokens = aboveZero('maxTokens', options.maxTokens ?? 10_000);
  const now = options.now ?? Date.now;
  const { denylist, toUser: userOf = toUser } = options;

  return (client, log) => {
    const remembered = new Map<string, Remembered>();
    const keys = new KeySet(client, log, options, () => {
      remembered.clear();
    });

    /** Undefined if no key fits. */
    const attempt = async (token: string, found: Keys): Promise<Answer | undefined> => {
      const claims = await verifyClaims(token, found, { ...expected, currentDate: new Date(now()) });
      if (!claims) return claims;
      const user = userOf(claims);
      if (user === null) return null;
      // A key that was withdrawn meanwhile leaves nothing behind.
      if (keys.isCurrent(found)) {
        const key = denylist?.keyOf(token) ?? '';
        remembered.set(token, { user: Object.freeze(user), expiresAt: Number(claims.exp) * 1_000, key });
        const [oldest] = remembered.keys();
        if (remembered.size > maxTokens && oldest !== undefined) remembered.delete(oldest);
      }
      return user;
    };

    const verifyByKeys = async (token: string): Promise<Answer> => {
      const found = await keys.get();
      const answer = await attempt(token, found);
      if (answer !== undefined) return answer;
      const renewed = await keys.renew(found);
      return (renewed && (await attempt(token, renewed))) ?? null;
    };

    const verify = async (token: string): Promise<Answer> => {
      const answer = await verifyByKeys(token);
      if (answer === null || denylist === undefined) return answer;
      assertTold(denylist);
      return denylist.has(denylist.keyOf(token)) ? null : answer;
    };

    return (token) => {
      keys.refreshIfDue();
      if (denylist !== undefined) assertTold(denylist);
      const entry = remembered.get(token);
      if (entry !== undefined) {
        if (now() < entry.expiresAt) return denylist?.has(entry.key) === true ? null : entry.user;
        remembered.delete(token);
      }
      if (!isCanonical(token)) return Promise.resolve(null);
      return keys.waitMs() || verify(token);
    };
  };
}

/** @throws ServiceClientError `invalid_response`: the token may be revoked */
function assertTold(denylist: Denylist): void {
  if (!denylist.isTold()) throw keySetError('It is not known which tokens are revoked');
}

/** The claims of access tokens as most issuers name them, numbers as text. An email that is not verified is left out. */
export function toUser(claims: JWTPayload): VerifiedUser | null {
  const userId = firstText(claims, ['sub', 'userId', 'user_id', 'id']);
  if (userId === undefined) return null;
  const email = claims['email_verified'] === false ? undefined : firstText(claims, ['email']);
  const tenantId = firstText(claims, ['tenantId', 'tenant_id', 'tenant', 'orgId', 'org_id', 'org']);
  return { userId, email, tenantId };
}

/**
 * The claims; null if the token is not valid, undefined if no key fits.
 * @throws ServiceClientError `invalid_response` if the key itself is not usable
 */
async function verifyClaims(
  token: string,
  keys: Keys,
  expected: JWTVerifyOptions,
): Promise<JWTPayload | null | undefined> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, expected);
    const isAccessToken = ACCESS_TOKEN_TYPE.test(protectedHeader.typ ?? 'JWT') && !isOtherKind(payload);
    // Bound to a key of the caller (`cnf`), it proves nothing without a proof of that key.
    return isAccessToken && payload['cnf'] === undefined ? payload : null;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined;
    if (error instanceof errors.JOSEError) return null;
    throw keySetError('The key server published a key that cannot be used', error);
  }
}

function readExpectations(options: LocalVerifierOptions): JWTVerifyOptions {
  const { issuer } = options;
  const audience = [options.audience].flat();
  // Without them, a token that the same keys sign for anybody would do.
  if (!issuer || audience.length === 0 || !audience.every(Boolean)) {
    throw new TypeError('Local verification needs the issuer and the audience of the tokens');
  }
  const algorithms = [...(options.algorithms ?? ALGORITHMS)];
  if (algorithms.length === 0 || !algorithms.every((one) => ASYMMETRIC.test(one))) {
    throw new TypeError('Algorithms of local verification must be asymmetric, such as ES256');
  }
  const clockTolerance = options.clockToleranceS ?? 5;
  if (!(clockTolerance >= 0 && clockTolerance <= 300)) {
    throw new RangeError(`clockToleranceS must be from 0 to 300, got ${String(clockTolerance)}`);
  }
  return { algorithms, issuer, audience, clockTolerance, requiredClaims: ['exp'] };
}

/** Decoding drops padding and unused bits, so several texts would be the same token. */
function isCanonical(token: string): boolean {
  return token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

/** The same key may sign tokens that do not authenticate a caller. */
function isOtherKind(claims: JWTPayload): boolean {
  return KIND_CLAIMS.some((name) => OTHER_KIND.test(String(claims[name])));
}

function firstText(claims: JWTPayload, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = claims[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  }
  return undefined;
}
