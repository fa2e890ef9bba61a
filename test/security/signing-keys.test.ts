import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Fastify, { type FastifyInstance } from 'fastify';
import { calculateJwkThumbprint, exportJWK, importSPKI, jwtVerify, SignJWT } from 'jose';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { newVerifier } from '../../bench/verifier-module.ts';
import { addSigningKeys } from '../../templates/add-auth-verify/signing-decorators.ts';
import {
  createSigningKeys,
  type SigningAlgorithm,
  type SigningKeys,
  type SigningKeysOptions,
} from '../../templates/add-auth-verify/signing-keys.ts';
import { addVerifyHooks, createVerifyHandler } from '../../templates/add-auth-verify/verify-route.ts';

const secret = 'a-secret-of-at-least-thirty-two-bytes';
const issuer = 'auth-service';
const audience = 'services';
const pairs = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
} as const;
const algorithms = ['ES256', 'EdDSA', 'RS256'] as const;
const publicMembers = ['alg', 'crv', 'e', 'kid', 'kty', 'n', 'use', 'x', 'y'];

const pemOf = (key: KeyObject, format: 'pkcs8' | 'spki' = 'pkcs8'): string =>
  key.export({ type: format, format: 'pem' }).toString();
const pem = (algorithm: SigningAlgorithm): string => pemOf(pairs[algorithm].privateKey);
const everyKey = algorithms.map(pem).join('');
const kidOf = Object.fromEntries(
  await Promise.all(
    algorithms.map(async (one) => [one, await calculateJwkThumbprint(await exportJWK(pairs[one].publicKey))]),
  ),
) as Record<SigningAlgorithm, string>;

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const seconds = (from: number): number => Math.floor(Date.now() / 1_000) + from;
const claims = { iss: issuer, aud: audience, sub: 'ada' };

/** Signs text with a key as its algorithm does, whatever the header says. */
function signAs(
  algorithm: SigningAlgorithm,
  header: object,
  payload: object = {},
  key = pairs[algorithm].privateKey,
): string {
  const input = `${encode(header)}.${encode({ ...claims, exp: seconds(60), ...payload })}`;
  const hash = algorithm === 'EdDSA' ? undefined : 'sha256';
  return `${input}.${sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const usual = (algorithm: SigningAlgorithm, more: object = {}): object => ({
  alg: algorithm,
  kid: kidOf[algorithm],
  typ: 'JWT',
  ...more,
});

function hmac(key: string | Buffer, header: object = {}, payload: object = {}): string {
  const input = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode({ ...claims, exp: seconds(60), ...payload })}`;
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
}

const lines: string[] = [];
const log = {
  info: (...parts: unknown[]) => void lines.push(JSON.stringify(parts)),
  warn: (...parts: unknown[]) => void lines.push(JSON.stringify(parts)),
};

function newKeys(options: Partial<SigningKeysOptions> = {}): SigningKeys {
  return createSigningKeys(
    { algorithm: 'ES256', issuer, audience, privateKeys: everyKey, currentKeyId: kidOf.ES256, ...options },
    log,
  );
}

const apps: FastifyInstance[] = [];
const folders: string[] = [];
afterEach(() => {
  lines.length = 0;
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** The verify route and the key set, over HTTP, as the plugin wires them. */
async function serve(keys: SigningKeys, withSecret = true): Promise<string> {
  const app = Fastify();
  apps.push(app);
  const verify = keys.createVerifier(withSecret ? newVerifier('jsonwebtoken', secret, 'HS256') : undefined);
  addSigningKeys(app, keys, verify);
  await app.register((route, _options, done) => {
    addVerifyHooks(route, '');
    const toIdentity = ({ sub }: Readonly<Record<string, unknown>>): { userId: string } => ({
      userId: String(sub),
    });
    route.post<{ Body: { token: string } }>('/auth/verify', createVerifyHandler({ verify, toIdentity }));
    done();
  });
  return app.listen({ port: 0, host: '127.0.0.1' });
}

async function ask(origin: string, token: string): Promise<string> {
  const response = await fetch(`${origin}/auth/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  const { code, userId } = (await response.json()) as { code?: string; userId?: string };
  return `${String(response.status)} ${String(code ?? userId)}`;
}

async function jwks(origin: string): Promise<Record<string, string>[]> {
  const response = await fetch(`${origin}/.well-known/jwks.json`);
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  return ((await response.json()) as { keys: Record<string, string>[] }).keys;
}

const head = (token: string): string => token.split('.')[0] ?? '';
const body = (token: string): string => token.split('.')[1] ?? '';
const valid = signAs('ES256', usual('ES256'));
const spki = pemOf(pairs.ES256.publicKey, 'spki');
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** Tokens that nobody may be let in with; the route knows all three keys and the secret of before. */
const attacks: Readonly<Record<string, string>> = {
  'alg none': `${encode(usual('ES256', { alg: 'none' }))}.${body(valid)}.`,
  'alg none without a key ID': `${encode({ alg: 'none' })}.${body(valid)}.`,
  'alg nOnE with a signature': signAs('ES256', usual('ES256', { alg: 'nOnE' })),
  'no alg': signAs('ES256', usual('ES256', { alg: undefined })),
  'alg as a list': signAs('ES256', usual('ES256', { alg: ['ES256'] })),
  'the public key as HMAC secret': hmac(spki, { kid: kidOf.ES256 }),
  'the public key as HMAC secret, without a key ID': hmac(spki),
  'the public key as DER': hmac(pairs.ES256.publicKey.export({ type: 'spki', format: 'der' })),
  'the published key as HMAC secret': hmac(JSON.stringify(newKeys().published[0]), { kid: kidOf.ES256 }),
  'the secret with the ID of a key': hmac(secret, { kid: kidOf.ES256 }),
  'the alg of another key': signAs('ES256', usual('ES256', { alg: 'EdDSA' })),
  'the ID of another key': signAs('ES256', usual('ES256', { kid: kidOf.EdDSA })),
  'the ID and alg of another key': signAs('ES256', usual('EdDSA')),
  'PS256 with a key for RS256': signAs('RS256', usual('RS256', { alg: 'PS256' })),
  'a stranger with a known key ID': signAs('ES256', usual('ES256'), {}, stranger),
  'a key of its own': signAs(
    'ES256',
    usual('ES256', { jwk: createPublicKey(stranger).export({ format: 'jwk' }) }),
    {},
    stranger,
  ),
  'an unknown key ID': signAs('ES256', usual('ES256', { kid: 'unknown' })),
  'no key ID': signAs('ES256', usual('ES256', { kid: undefined })),
  'a key ID that is a path': signAs('ES256', usual('ES256', { kid: '../../../dev/null' }), {}, stranger),
  'a key ID that is the name of a file': signAs('ES256', usual('ES256', { kid: '1.pem' }), {}, stranger),
  'a key ID as a list': signAs('ES256', usual('ES256', { kid: [kidOf.ES256] })),
  'a key ID as an object': signAs('ES256', usual('ES256', { kid: { toString: kidOf.ES256 } })),
  'a key ID of a prototype': signAs('ES256', usual('ES256', { kid: '__proto__' })),
  'a key ID of a method': signAs('ES256', usual('ES256', { kid: 'constructor' })),
  'a key ID that is empty': signAs('ES256', usual('ES256', { kid: '' })),
  'a critical extension': signAs('ES256', usual('ES256', { crit: ['b64'], b64: false })),
  'another type': signAs('ES256', usual('ES256', { typ: 'logout+jwt' })),
  'the type of a service': signAs('ES256', usual('ES256', { typ: 'service+jwt' })),
  'changed claims': `${head(valid)}.${encode({ ...claims, sub: 'eve' })}.${valid.split('.')[2] ?? ''}`,
  'a signature in DER': `${head(valid)}.${body(valid)}.${sign('sha256', Buffer.from(`${head(valid)}.${body(valid)}`), pairs.ES256.privateKey).toString('base64url')}`,
  'no signature': `${head(valid)}.${body(valid)}.`,
  'a zero signature': `${head(valid)}.${body(valid)}.${Buffer.alloc(64).toString('base64url')}`,
  'a part more': `${valid}.${body(valid)}`,
  padding: `${valid}=`,
  'an expiry in the past': signAs('ES256', usual('ES256'), { exp: seconds(-1) }),
  'no expiry': signAs('ES256', usual('ES256'), { exp: undefined }),
  'an expiry that is text': signAs('ES256', usual('ES256'), { exp: String(seconds(60)) }),
  'a beginning in the future': signAs('ES256', usual('ES256'), { nbf: seconds(30) }),
  'a beginning that is text': signAs('ES256', usual('ES256'), { nbf: '0' }),
  'another issuer': signAs('ES256', usual('ES256'), { iss: 'https://evil.test' }),
  'no issuer': signAs('ES256', usual('ES256'), { iss: undefined }),
  'another audience': signAs('ES256', usual('ES256'), { aud: 'password-reset' }),
  'no audience': signAs('ES256', usual('ES256'), { aud: undefined }),
  'claims that are a list': (() => {
    const input = `${encode(usual('ES256'))}.${encode([claims])}`;
    return `${input}.${sign('sha256', Buffer.from(input), { key: pairs.ES256.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  })(),
};

describe('the verify route with signing keys', () => {
  it('accepts tokens of each published key, and of the secret of before', async () => {
    const origin = await serve(newKeys());
    for (const algorithm of algorithms) {
      expect(await ask(origin, signAs(algorithm, usual(algorithm)))).toBe('200 ada');
      expect(
        await ask(origin, newKeys({ currentKeyId: kidOf[algorithm] }).signToken({ sub: 'ada' }, 60)),
      ).toBe('200 ada');
    }
    expect(await ask(origin, hmac(secret))).toBe('200 ada');
    expect(await ask(origin, hmac(secret, { kid: 'of the secret' }))).toBe('200 ada');
    expect(await ask(origin, signAs('ES256', usual('ES256'), { aud: ['others', audience] }))).toBe('200 ada');
    const theirs = new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', kid: kidOf.ES256 });
    expect(await ask(origin, await theirs.setExpirationTime('1m').sign(pairs.ES256.privateKey))).toBe(
      '200 ada',
    );
  });

  it('refuses every forged token, with the secret of before and without', async () => {
    for (const withSecret of [true, false]) {
      const origin = await serve(newKeys(), withSecret);
      const answers = await Promise.all(
        Object.entries(attacks).map(async ([name, token]) => [name, (await ask(origin, token)).slice(0, 3)]),
      );
      expect(answers).toEqual(Object.keys(attacks).map((name) => [name, '401']));
      if (!withSecret) expect(await ask(origin, hmac(secret))).toBe('401 invalid');
    }
  });
});

describe('GET /.well-known/jwks.json', () => {
  for (const algorithm of algorithms) {
    it(`publishes no private member of a key for ${algorithm}, from PEM or JWK`, async () => {
      const { privateKey } = pairs[algorithm];
      const jwk = privateKey.export({ format: 'jwk' });
      const hidden = Object.entries(jwk).filter(([name]) => !publicMembers.includes(name));
      expect(hidden.length).toBeGreaterThan(0);
      for (const privateKeys of [pemOf(privateKey), JSON.stringify(jwk), JSON.stringify({ keys: [jwk] })]) {
        const keys = newKeys({ privateKeys, currentKeyId: undefined });
        const [published = {}, ...more] = await jwks(await serve(keys));
        expect(more).toEqual([]);
        expect(Object.keys(published).filter((name) => !publicMembers.includes(name))).toEqual([]);
        expect(published).toMatchObject({ alg: algorithm, use: 'sig', kid: kidOf[algorithm] });
        const said = JSON.stringify([published, lines]);
        expect(hidden.filter(([, value]) => said.includes(String(value)))).toEqual([]);
      }
    });
  }

  it('publishes keys that jose verifies with', async () => {
    for (const algorithm of algorithms) {
      const token = newKeys({ currentKeyId: kidOf[algorithm] }).signToken({ sub: 'ada' }, 60);
      const key = await importSPKI(pemOf(pairs[algorithm].publicKey, 'spki'), algorithm);
      const { payload } = await jwtVerify(token, key, { issuer, audience, algorithms: [algorithm] });
      expect(payload.sub).toBe('ada');
    }
  });

  it('prints no key with the application', async () => {
    const app = Fastify();
    apps.push(app);
    const keys = newKeys();
    addSigningKeys(app, keys, keys.createVerifier());
    await app.ready();
    expect(app.signingOptions.key).toContain('PRIVATE KEY');
    const { inspect } = await import('node:util');
    expect(inspect(app, { depth: 6, showHidden: true })).not.toContain('BEGIN PRIVATE KEY');
  });
});

describe('keys of the environment', () => {
  /** Names that a mounted secret has, or what it has instead. */
  function folderOf(files: Readonly<Record<string, string>>): string {
    const folder = mkdtempSync(join(tmpdir(), 'signing-keys-'));
    folders.push(folder);
    mkdirSync(join(folder, '..2026_11_29'));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, '..2026_11_29', name), text);
      symlinkSync(join('..data', name), join(folder, name));
    }
    symlinkSync('..2026_11_29', join(folder, '..data'));
    return folder;
  }
  const kids = (options: Partial<SigningKeysOptions>): unknown[] =>
    newKeys(options).published.map(({ kid }) => kid);

  it('reads the files of a mounted secret, one file, and a variable with escaped line breaks', () => {
    const folder = folderOf({
      '2.json': JSON.stringify(pairs.EdDSA.privateKey.export({ format: 'jwk' })),
      '1.pem': pem('ES256'),
    });
    expect(kids({ privateKeys: folder })).toEqual([kidOf.ES256, kidOf.EdDSA]);
    expect(kids({ privateKeys: join(folder, '1.pem') })).toEqual([kidOf.ES256]);
    expect(kids({ privateKeys: pem('ES256').replaceAll('\n', '\\n') })).toEqual([kidOf.ES256]);
    expect(kids({ privateKeys: `${pem('ES256')}${pem('ES256')}` })).toEqual([kidOf.ES256]);
  });

  const small = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey;
  const refused: Readonly<Record<string, string>> = {
    'an RSA key of 1024 bits': pemOf(small),
    'a curve that no algorithm here has': pemOf(
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
    ),
    'a public key': spki,
    'a public JWK': JSON.stringify(pairs.ES256.publicKey.export({ format: 'jwk' })),
    'a symmetric JWK': JSON.stringify({ kty: 'oct', k: encode(secret) }),
    'a key for encryption': JSON.stringify({
      ...pairs.RS256.privateKey.export({ format: 'jwk' }),
      use: 'enc',
    }),
    'a key for PS256': JSON.stringify({ ...pairs.RS256.privateKey.export({ format: 'jwk' }), alg: 'PS256' }),
    'a key with a password': pairs.ES256.privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'word' })
      .toString(),
    'PEM that was cut': pem('ES256').slice(0, 80),
    'PEM in base64': Buffer.from(pem('ES256')).toString('base64'),
    'JSON that was cut': JSON.stringify(pairs.ES256.privateKey.export({ format: 'jwk' })).slice(0, -9),
    'an empty key set': JSON.stringify({ keys: [] }),
    'no such directory': '/no/such/directory',
  };
  for (const [name, privateKeys] of Object.entries(refused)) {
    it(`does not start with ${name}, and says nothing of the key`, () => {
      const message = messageOf(() => newKeys({ privateKeys, currentKeyId: undefined }));
      expect(message).toMatch(/^SIGNING_KEYS /);
      expect(message.length).toBeLessThan(120);
      const parts = privateKeys.match(/[\w+/=-]{12,}/g) ?? [];
      expect(parts.filter((part) => message.includes(part))).toEqual([]);
    });
  }

  it('does not start without knowing which key signs', () => {
    for (const currentKeyId of [undefined, '', 'unknown', '__proto__', 'constructor']) {
      expect(messageOf(() => newKeys({ currentKeyId }))).toMatch(/^SIGNING_KEY_ID must be/);
    }
    expect(messageOf(() => newKeys({ privateKeys: folderOf({}) }))).toMatch(/SIGNING_KEYS has no key/);
  });

  it('signs nothing that does not expire', () => {
    for (const lifetimeS of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => newKeys().signToken({ sub: 'ada' }, lifetimeS)).toThrow(RangeError);
    }
    const [, payload = ''] = newKeys().signToken({ sub: 'ada', exp: 9e12, iat: 0 }, 60).split('.');
    const { exp, iat } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      exp: number;
      iat: number;
    };
    expect(exp - iat).toBe(60);
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'it started';
}
