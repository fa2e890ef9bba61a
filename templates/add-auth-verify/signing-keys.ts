import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { FastifyBaseLogger } from 'fastify';

import { assertCanonical, type TokenClaims, TokenError, type TokenVerifier } from './token-claims.ts';
import { decodePart } from './token-key.ts';

export type SigningAlgorithm = 'ES256' | 'EdDSA' | 'RS256';

/** Options of @fastify/jwt and fast-jwt. `key` is private. */
export interface SigningOptions {
  key: string;
  algorithm: SigningAlgorithm;
  kid: string;
  iss: string;
  aud: string;
}

export interface SigningKeysOptions {
  /** Of the key that is generated for development. Other keys have that of their type: P-256, Ed25519, RSA. */
  algorithm: SigningAlgorithm;
  /** The `iss` and `aud` of tokens, unless the signed claims have their own; demanded by the verifier. */
  issuer: string;
  audience: string;
  /** Private keys, as PEM, JWK or JWK set, or the directory of such files. Absent or empty: one is generated. */
  privateKeys?: string | undefined;
  /** ID of the key that signs, if there is more than one: its RFC 7638 thumbprint. */
  currentKeyId?: string | undefined;
  /** Epoch milliseconds. Default `Date.now`. */
  now?: () => number;
}

/** What `GET /.well-known/jwks.json` publishes of a key. */
export type PublishedKey = Readonly<Record<string, string>>;

export interface SigningKeys {
  readonly published: readonly PublishedKey[];
  readonly signingOptions: SigningOptions;
  /** @throws RangeError for a lifetime that is no whole number above 0 */
  readonly signToken: (claims: object, lifetimeS: number) => string;
  /** Verifies tokens that have the ID of a published key; `others` verifies the rest, which is refused by default. */
  readonly createVerifier: (others?: TokenVerifier) => TokenVerifier;
}

interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly published: PublishedKey;
}

/** Header types of access tokens. */
const ACCESS_TOKEN_TYPE = /^(?:at\+)?jwt$/i;
/** The members of a public key that identify it (RFC 7638), in the order of its thumbprint. */
const THUMBPRINT_MEMBERS = {
  ES256: ['crv', 'kty', 'x', 'y'],
  EdDSA: ['crv', 'kty', 'x'],
  RS256: ['e', 'kty', 'n'],
} as const;

/**
 * Loads the keys that sign tokens. All of them verify and are published; one signs.
 * @throws Error in production without keys, for a key that cannot be used, and if it is not clear which key signs
 */
export function createSigningKeys(
  options: SigningKeysOptions,
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>,
): SigningKeys {
  const { audience, issuer, now = Date.now } = options;
  const keys = new Map(loadKeys(options, log).map((key) => [key.kid, key]));
  const current = chooseCurrent(keys, options.currentKeyId);
  log.info({ current: current.kid, published: [...keys.keys()] }, 'Signing keys loaded');

  return {
    published: [...keys.values()].map(({ published }) => published),
    signingOptions: {
      key: current.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      algorithm: current.algorithm,
      kid: current.kid,
      iss: issuer,
      aud: audience,
    },
    signToken: (claims, lifetimeS) => {
      if (!Number.isSafeInteger(lifetimeS) || lifetimeS <= 0) {
        throw new RangeError(`lifetimeS must be a whole number above 0, got ${String(lifetimeS)}`);
      }
      const iat = Math.floor(now() / 1_000);
      const header = { alg: current.algorithm, kid: current.kid, typ: 'JWT' };
      const payload = { iss: issuer, aud: audience, ...claims, iat, exp: iat + lifetimeS };
      const input = `${encode(header)}.${encode(payload)}`;
      return `${input}.${signText(input, current).toString('base64url')}`;
    },
    createVerifier: (others) => (token) => {
      const header = decodePart(token, 0);
      const kid = header?.['kid'];
      const key = typeof kid === 'string' ? keys.get(kid) : undefined;
      if (key === undefined && others !== undefined) return others(token);
      assertCanonical(token);
      const claims = decodePart(token, 1);
      if (header === undefined || claims === undefined) throw new TokenError('malformed');
      if (key === undefined || !isSigned(token, header, key)) throw new TokenError('invalid');
      assertAccepted(claims, { issuer, audience, nowS: now() / 1_000 });
      return claims;
    },
  };
}

/** The key decides which algorithm counts, not the token. */
function isSigned(token: string, header: Readonly<Record<string, unknown>>, key: SigningKey): boolean {
  const { alg, crit, typ = 'JWT' } = header;
  if (alg !== key.algorithm || crit !== undefined || !ACCESS_TOKEN_TYPE.test(String(typ))) return false;
  const end = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  const publicKey = { key: key.publicKey, dsaEncoding: 'ieee-p1363' } as const;
  return verify(hashOf(key), Buffer.from(token.slice(0, end)), publicKey, signature);
}

/** @throws TokenError `expired`, or `invalid` for another issuer or audience and without an expiry */
function assertAccepted(
  { aud, exp, iss, nbf }: TokenClaims,
  { audience, issuer, nowS }: Readonly<{ audience: string; issuer: string; nowS: number }>,
): void {
  const isForUs = iss === issuer && [aud].flat().includes(audience);
  const isBegun = nbf === undefined || (typeof nbf === 'number' && nbf <= nowS);
  if (!isForUs || !isBegun || typeof exp !== 'number') throw new TokenError('invalid');
  if (exp <= nowS) throw new TokenError('expired');
}

function chooseCurrent(keys: ReadonlyMap<string, SigningKey>, id: string | undefined): SigningKey {
  const [only, ...more] = keys.values();
  const current = id ? keys.get(id) : more.length === 0 ? only : undefined;
  if (current !== undefined) return current;
  const ids = [...keys.keys()].join(', ') || 'none, since SIGNING_KEYS has no key';
  throw new Error(`SIGNING_KEY_ID must be the ID of the key that signs, one of: ${ids}`);
}

function loadKeys(
  { algorithm, privateKeys }: SigningKeysOptions,
  log: Pick<FastifyBaseLogger, 'warn'>,
): readonly SigningKey[] {
  const source = privateKeys?.trim() ?? '';
  if (source !== '') return readSource(source).flatMap(({ name, text }) => readKeys(name, text));
  const message = 'SIGNING_KEYS is not set: there is no key to sign tokens with';
  if (process.env['NODE_ENV'] === 'production') throw new Error(message);
  log.warn(`${message}; a new one is used until the service stops`);
  return [toSigningKey('generated key', generateKey(algorithm))];
}

function generateKey(algorithm: SigningAlgorithm): KeyObject {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
}

/**
 * Key files by name: a mounted secret has other files beside them, whose names start with a dot.
 * @throws Error without the text of the variable, which may be a key in another form
 */
function readSource(source: string): readonly Readonly<{ name: string; text: string }>[] {
  if (source.startsWith('{') || source.includes('-----BEGIN'))
    return [{ name: 'SIGNING_KEYS', text: source }];
  try {
    const names = statSync(source).isDirectory() ? readdirSync(source) : [''];
    const files = names.filter((name) => !name.startsWith('.')).sort();
    return files.map((name) => ({
      name: name || 'SIGNING_KEYS',
      text: readFileSync(join(source, name), 'utf8'),
    }));
  } catch {
    throw new Error('SIGNING_KEYS is neither private keys nor a file or directory that can be read');
  }
}

/** @throws Error without the text of a key, which the errors of parsers quote */
function readKeys(name: string, text: string): readonly SigningKey[] {
  let parsed: readonly (readonly [key: KeyObject, jwk: JsonWebKey])[] = [];
  try {
    parsed = text.trim().startsWith('{') ? parseJwks(text.trim()) : parsePem(text);
  } catch {
    // Refused below, as a file without keys is.
  }
  if (parsed.length === 0) throw new Error(`${name} has no private key, as PEM without a password or as JWK`);
  return parsed.map(([key, jwk]) => toSigningKey(name, key, jwk));
}

function parseJwks(text: string): readonly (readonly [KeyObject, JsonWebKey])[] {
  const parsed = JSON.parse(text) as JsonWebKey & { keys?: readonly JsonWebKey[] };
  return (parsed.keys ?? [parsed]).map((jwk) => [createPrivateKey({ key: jwk, format: 'jwk' }), jwk]);
}

/** In a variable, line breaks may be written as `\n`. */
function parsePem(text: string): readonly (readonly [KeyObject, JsonWebKey])[] {
  const blocks = text
    .replace(/\\n/g, '\n')
    .match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [^-]+-----/g);
  return (blocks ?? []).map((pem) => [createPrivateKey(pem), {}]);
}

/** @throws Error for a key of another type, size, algorithm or use */
function toSigningKey(
  name: string,
  privateKey: KeyObject,
  { alg, use = 'sig' }: JsonWebKey = {},
): SigningKey {
  const algorithm = algorithmOf(privateKey);
  if (algorithm === undefined || (alg ?? algorithm) !== algorithm || use !== 'sig') {
    throw new Error(`${name} has a key that is not for ES256, EdDSA or RS256 with 2048 bits or more`);
  }
  const publicKey = createPublicKey(privateKey);
  const jwk = publicKey.export({ format: 'jwk' });
  const members = Object.fromEntries(
    THUMBPRINT_MEMBERS[algorithm].map((member) => [member, String(jwk[member])]),
  );
  const kid = createHash('sha256').update(JSON.stringify(members)).digest('base64url');
  return {
    kid,
    algorithm,
    privateKey,
    publicKey,
    published: { ...members, kid, alg: algorithm, use: 'sig' },
  };
}

function algorithmOf({ asymmetricKeyDetails, asymmetricKeyType }: KeyObject): SigningAlgorithm | undefined {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return 'ES256';
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  return asymmetricKeyType === 'rsa' && modulusLength >= 2_048 ? 'RS256' : undefined;
}

function signText(input: string, key: SigningKey): Buffer {
  return sign(hashOf(key), Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
}

/** Ed25519 has a hash of its own. */
function hashOf({ algorithm }: SigningKey): string | undefined {
  return algorithm === 'EdDSA' ? undefined : 'sha256';
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
