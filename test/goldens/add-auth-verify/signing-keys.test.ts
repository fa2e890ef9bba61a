import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { addSigningKeys } from '../src/utils/signing-decorators.js';
import { createSigningKeys, type SigningKeys, type SigningKeysOptions } from '../src/utils/signing-keys.js';
import type { TokenVerifier } from '../src/utils/token-claims.js';

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const PRIVATE_KEYS = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pkcs8).toString(),
  EdDSA: generateKeyPairSync('ed25519').privateKey.export(pkcs8).toString(),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export(pkcs8).toString(),
} as const;
const PUBLIC_MEMBERS = {
  ES256: 'alg crv kid kty use x y',
  EdDSA: 'alg crv kid kty use x',
  RS256: 'alg e kid kty n use',
} as const;
const ALGORITHMS = ['ES256', 'EdDSA', 'RS256'] as const;
const apps: FastifyInstance[] = [];
let warnings: string[] = [];

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  warnings = [];
});

function createKeys(privateKeys: string, options: Partial<SigningKeysOptions> = {}): SigningKeys {
  const warn = (message: unknown): void => {
    warnings.push(String(message));
  };
  const log = { info: () => undefined, warn };
  const usual = { algorithm: 'ES256', issuer: 'issuer', audience: 'audience' } as const;
  return createSigningKeys({ ...usual, privateKeys, ...options }, log);
}

async function published(keys: SigningKeys): Promise<{ keys: Record<string, string>[]; cacheControl: unknown }> {
  const app = Fastify();
  addSigningKeys(app, keys, keys.createVerifier());
  apps.push(app);
  const response = await app.inject({ method: 'GET', url: '/.well-known/jwks.json' });
  return { ...response.json<{ keys: Record<string, string>[] }>(), cacheControl: response.headers['cache-control'] };
}

/** What the verifier says: the user, or why it refuses. */
async function subjectOf(verify: TokenVerifier, token: string): Promise<unknown> {
  try {
    return (await verify(token))['sub'];
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

describe('signing keys', () => {
  for (const algorithm of ALGORITHMS) {
    it(`publishes the public half of a key for ${algorithm}, and accepts its tokens`, async () => {
      const keys = createKeys(PRIVATE_KEYS[algorithm]);
      const answer = await published(keys);

      expect(answer.cacheControl).toBe('public, max-age=300');
      expect(answer.keys.map((key) => Object.keys(key).sort().join(' '))).toEqual([PUBLIC_MEMBERS[algorithm]]);
      expect(await subjectOf(keys.createVerifier(), keys.signToken({ sub: 'ada' }, 60))).toBe('ada');
    });
  }

  const keys = createKeys(PRIVATE_KEYS.ES256);
  const kid = keys.published[0]?.['kid'];
  const token = keys.signToken({ sub: 'ada' }, 60);
  const [head = '', body = '', signature = ''] = token.split('.');
  const spki = createPublicKey(PRIVATE_KEYS.ES256).export({ type: 'spki', format: 'pem' });
  const hmacInput = `${encode({ alg: 'HS256', kid, typ: 'JWT' })}.${body}`;
  const later = { now: () => Date.now() + 60_000 };
  const refused: readonly (readonly [what: string, code: string, token: string, options?: object])[] = [
    ['that has expired', 'expired', token, later],
    ['without a signature', 'invalid', `${encode({ alg: 'none', kid })}.${body}.`],
    ['with the public key as secret', 'invalid', `${hmacInput}.${createHmac('sha256', spki).update(hmacInput).digest('base64url')}`],
    ['of the algorithm of another key', 'invalid', `${encode({ alg: 'EdDSA', kid })}.${body}.${signature}`],
    ['of an unknown key', 'invalid', createKeys(PRIVATE_KEYS.EdDSA).signToken({ sub: 'ada' }, 60)],
    ['with a name of a prototype as key', 'invalid', `${encode({ alg: 'ES256', kid: '__proto__' })}.${body}.${signature}`],
    ['with changed claims', 'invalid', `${head}.${encode({ sub: 'eve' })}.${signature}`],
    ['for another audience', 'invalid', keys.signToken({ sub: 'ada', aud: 'password-reset' }, 60)],
    ['that is none', 'malformed', 'garbage'],
  ];
  for (const [what, code, forged, options] of refused) {
    it(`refuses a token ${what}`, async () => {
      const verify = createKeys(PRIVATE_KEYS.ES256, options).createVerifier();

      expect(await subjectOf(verify, forged)).toBe(code);
    });
  }

  it('publishes and accepts every key, and signs with the one that is named', async () => {
    const both = `${PRIVATE_KEYS.ES256}${PRIVATE_KEYS.EdDSA}`;
    const rotated = createKeys(both, { currentKeyId: createKeys(PRIVATE_KEYS.EdDSA).published[0]?.['kid'] });
    const { keys: set } = await published(rotated);

    expect(set.map(({ alg }) => alg)).toEqual(['ES256', 'EdDSA']);
    expect(encode({ alg: 'EdDSA', kid: set[1]?.['kid'], typ: 'JWT' })).toBe(rotated.signToken({}, 1).split('.')[0]);
    expect(await subjectOf(rotated.createVerifier(), token)).toBe('ada');
    expect(() => createKeys(both)).toThrow(/SIGNING_KEY_ID must be/);
  });

  it('generates a key for development, and does not start in production without one', () => {
    const before = process.env['NODE_ENV'];
    Reflect.deleteProperty(process.env, 'NODE_ENV');
    try {
      expect(createKeys('').published.map(({ alg }) => alg)).toEqual(['ES256']);
      expect(warnings.length).toBe(1);
      process.env['NODE_ENV'] = 'production';
      expect(() => createKeys('')).toThrow(/SIGNING_KEYS is not set/);
    } finally {
      Reflect.deleteProperty(process.env, 'NODE_ENV');
      if (before !== undefined) process.env['NODE_ENV'] = before;
    }
  });
});
