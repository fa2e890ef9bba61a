import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

import fastifyJwt from '@fastify/jwt';
import { createVerifier } from 'fast-jwt';
import Fastify, { type FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { importSPKI, jwtVerify } from 'jose';
import jwt from 'jsonwebtoken';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';

import { type Library, newVerifier } from '../../bench/verifier-module.ts';
import { ClaimCache } from '../../templates/add-auth-middleware/claim-cache.ts';
import { createMemoryStore } from '../../templates/add-auth-verify/memory-blacklist-store.ts';
import { createRedisStore } from '../../templates/add-auth-verify/redis-blacklist-store.ioredis.ts';
import { type BlacklistStore, TokenBlacklist } from '../../templates/add-auth-verify/token-blacklist.ts';
import type { TokenClaims, TokenVerifier } from '../../templates/add-auth-verify/token-claims.ts';
import { tokenKey } from '../../templates/add-auth-verify/token-key.ts';
import { isTokenKey } from '../../templates/add-s2s-revocation/revocation-log.ts';

type Algorithm = 'HS256' | 'RS256' | 'ES256';
type Check = TokenVerifier;

const libraries: readonly Library[] = ['fastifyJwt', 'jsonwebtoken', 'jose', 'fastJwt'];
const secret = 'a-secret-of-at-least-thirty-two-bytes';
const pairs = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
/** The order of P-256: with (r, s) also (r, n − s) is a signature of the same text. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const seconds = (from: number): number => Math.floor(Date.now() / 1_000) + from;
const apps: FastifyInstance[] = [];

afterAll(() => Promise.all(apps.map((app) => app.close())));

/** As the middleware makes it where revocations are published. */
function newCache(): ClaimCache<object> {
  return new ClaimCache({ ttlMs: 60_000, keyOf: tokenKey });
}

/** Signs any text as header and payload, also one that is no canonical base64url. */
function signText(input: string, algorithm: Algorithm = 'HS256'): string {
  if (algorithm === 'HS256')
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  const { privateKey } = pairs[algorithm];
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function newToken(claims: object = {}, algorithm: Algorithm = 'HS256', header: object = {}): string {
  const usual = { sub: 'usr_ada', email: 'ada@acme.test', exp: seconds(60) };
  return signText(
    `${encode({ alg: algorithm, typ: 'JWT', ...header })}.${encode({ ...usual, ...claims })}`,
    algorithm,
  );
}

/** The other signature that ECDSA gives the same text. */
function collisionOf(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return `${header}.${payload}.${twin.toString('base64url')}`;
}

/** The same bytes with unused bits of the last character set. */
function otherBits(part: string): string {
  const last = part.at(-1) ?? '';
  return part.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ 1] ?? '');
}

async function verifierOf(library: Library, algorithm: Algorithm): Promise<Check> {
  const pem = algorithm === 'HS256' ? secret : pemOf(pairs[algorithm].publicKey);
  if (library === 'jose' && algorithm !== 'HS256') {
    return newVerifier(library, await importSPKI(pem, algorithm), algorithm);
  }
  if (library !== 'fastifyJwt') return newVerifier(library, pem, algorithm);
  const app = Fastify();
  apps.push(app);
  const pair = algorithm === 'HS256' ? secret : { public: pem, private: 'unused' };
  await app.register(fastifyJwt, { secret: pair, verify: { algorithms: [algorithm] } });
  await app.ready();
  return newVerifier(library, app, algorithm);
}

const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const outcome = (check: Check, token: string): Promise<unknown> =>
  Promise.resolve()
    .then(() => check(token))
    .then(
      () => 'accepted',
      (error: unknown) => (error as { code?: unknown }).code ?? error,
    );

/** Other texts of a token that decode to the same bytes, or nearly. */
const spellings: Readonly<Record<string, (header: string, payload: string, signature: string) => string>> = {
  'unused bits of the signature': (h, p, s) => `${h}.${p}.${otherBits(s)}`,
  'one = after it': (h, p, s) => `${h}.${p}.${s}=`,
  'two == after it': (h, p, s) => `${h}.${p}.${s}==`,
  'the alphabet of base64': (h, p, s) => `${h}.${p}.${s.replaceAll('-', '+').replaceAll('_', '/')}`,
  'a blank inside': (h, p, s) => `${h}.${p}.${s.slice(0, 4)} ${s.slice(4)}`,
  'a line break after it': (h, p, s) => `${h}.${p}.${s}\n`,
  'a NUL after it': (h, p, s) => `${h}.${p}.${s}\0`,
  'one character more': (h, p, s) => `${h}.${p}.${s}A`,
  'letters beyond ASCII': (h, p, s) => `${h}.${p}.${s}é`,
  'a fourth part': (h, p, s) => `${h}.${p}.${s}.`,
};

describe.each(libraries)('B.6 malleability: %s', (library) => {
  describe.each(['HS256', 'RS256', 'ES256'] as const)('%s', (algorithm) => {
    let check: Check;
    beforeAll(async () => {
      check = await verifierOf(library, algorithm);
    });

    it.each(Object.entries(spellings))('refuses %s', async (_name, spell) => {
      // Signatures with - or _ in them, which another alphabet spells otherwise.
      let token = newToken({}, algorithm);
      while (!/[-_][^.]*$/.test(token)) token = newToken({ nonce: randomUUID() }, algorithm);
      const [header = '', payload = '', signature = ''] = token.split('.');
      const spelled = spell(header, payload, signature);
      expect(spelled).not.toBe(token);
      expect(await outcome(check, token)).toBe('accepted');
      expect(await outcome(check, spelled)).toMatch(/^(?:malformed|invalid)$/);
    });

    it.each([
      ['header', (h: string, p: string) => [otherBits(h), p]],
      ['payload', (h: string, p: string) => [h, otherBits(p)]],
      ['padded payload', (h: string, p: string) => [h, `${p}=`]],
    ] as const)('refuses another spelling of the %s, though it is signed', async (_name, spell) => {
      // Lengths that leave bits unused.
      const [header, payload] = [
        { alg: algorithm, typ: 'J' },
        { sub: 'usr_ada', exp: seconds(60), pad: '' },
      ].map((part) => {
        let padded: object = part;
        while (encode(padded).length % 4 === 0) padded = { ...padded, x: JSON.stringify(padded) };
        return encode(padded);
      });
      const input = spell(header ?? '', payload ?? '').join('.');
      expect(await outcome(check, signText(input, algorithm))).toBe('malformed');
    });
  });

  it('takes the twin of an ECDSA signature for the same token: revoked as one', async () => {
    const check = await verifierOf(library, 'ES256');
    for (const claims of [{}, { jti: 'one' }]) {
      const blacklist = new TokenBlacklist(createMemoryStore(), check);
      const token = newToken(claims, 'ES256');
      const twin = collisionOf(token);
      expect([await outcome(check, token), await outcome(check, twin)]).toEqual(['accepted', 'accepted']);
      await blacklist.revoke(twin);
      expect([await blacklist.isRevoked(token), await blacklist.isRevoked(twin)]).toEqual([true, true]);
      expect(await blacklist.isRevoked(newToken({ ...claims, sub: 'usr_bob' }, 'ES256'))).toBe(false);
    }
  });

  it.each(Object.entries(spellings))(
    'knows a revoked token by its key with %s, whoever asks',
    async (name, spell) => {
      if (name === 'a fourth part') return;
      const blacklist = new TokenBlacklist(createMemoryStore(), await verifierOf(library, 'HS256'));
      for (const claims of [{ jti: 'one' }, {}]) {
        const token = newToken(claims);
        const [header = '', payload = '', signature = ''] = token.split('.');
        await blacklist.revoke(token);
        expect(await blacklist.isRevoked(spell(header, payload, signature))).toBe(true);
      }
    },
  );
});

describe('B.6 malleability: the key', () => {
  const jti = (claims: string): string =>
    signText(`${encode({ alg: 'HS256' })}.${Buffer.from(claims).toString('base64url')}`);
  const input = (token: string): string => token.slice(0, token.lastIndexOf('.'));
  const one = newToken();

  it.each<readonly [string, string, string]>([
    ['another signature', one, `${input(one)}.AAAA`],
    ['no signature', one, `${input(one)}.`],
    [
      'another header with the same jti',
      newToken({ jti: 'a' }),
      newToken({ jti: 'a' }, 'HS256', { kid: 'k' }),
    ],
    [
      'a token that is issued anew with the same jti',
      newToken({ jti: 'a', exp: 1 }),
      newToken({ jti: 'a', exp: 2 }),
    ],
    ['a jti that is there twice: the last counts', jti('{"jti":"a","jti":"b"}'), jti('{"jti":"b"}')],
  ])('is the same for %s', (_name, a, b) => {
    expect(tokenKey(a)).toBe(tokenKey(b));
  });

  it.each<readonly [string, string, string]>([
    ['another header without a jti', newToken(), newToken({}, 'HS256', { kid: 'k' })],
    ['another payload', newToken(), newToken({ sub: 'usr_bob' })],
    ['a jti that is the key of another token', one, newToken({ jti: `sha256:${'0'.repeat(64)}` })],
    ['a jti that is the signing input of another token', one, newToken({ jti: input(one) })],
    ['a jti that begins as another', newToken({ jti: 'a' }), newToken({ jti: 'a:b' })],
    ['a jti with the prefix of one', newToken({ jti: 'a' }), newToken({ jti: 'jti:a' })],
    [
      'a jti of 1 KB with another end',
      newToken({ jti: `${'a'.repeat(1_000)}b` }),
      newToken({ jti: `${'a'.repeat(1_000)}c` }),
    ],
    ['a numeric jti', newToken({ jti: 1, exp: 9 }), newToken({ jti: '1', exp: 9 })],
    ['two lone surrogates', jti('{"jti":"\\ud800"}'), jti('{"jti":"\\ud801"}')],
    ['a surrogate and its replacement', jti('{"jti":"\\ud800"}'), jti('{"jti":"\\ufffd"}')],
    ['letters that look alike', newToken({ jti: 'é' }), newToken({ jti: 'e\u0301' })],
    ['another issuer with the same jti', newToken({ jti: 'a', iss: 'x' }), newToken({ jti: 'a', iss: 'y' })],
    [
      'another tenant with the same jti',
      newToken({ jti: 'a', tenantId: 1 }),
      newToken({ jti: 'a', tenantId: 2 }),
    ],
    ['another user with the same jti', newToken({ jti: 'a', sub: 'x' }), newToken({ jti: 'a', sub: 'y' })],
    [
      'claims that move between names',
      newToken({ jti: 'a', sub: 'x', id: undefined }),
      newToken({ jti: 'a', sub: undefined, id: 'x' }),
    ],
    ['a jti that lists its owner', newToken({ jti: 'a', iss: 'b' }), newToken({ jti: 'a","b' })],
    ['an empty jti', newToken({ jti: '', n: 1 }), newToken({ jti: '', n: 2 })],
    ['a jti in a prototype', jti('{"__proto__":{"jti":"a"},"n":1}'), jti('{"__proto__":{"jti":"a"},"n":2}')],
    ['opaque texts', 'a.b', 'a.c'],
    ['encrypted tokens', 'a.b.c.d.e', 'a.b.c.d.f'],
  ])('is another for %s', (_name, a, b) => {
    expect(tokenKey(a)).not.toBe(tokenKey(b));
  });

  it('has one form and length whatever the token is, and names no claim', () => {
    for (const token of [
      one,
      newToken({ jti: 'secret-name' }),
      newToken({ jti: 'x'.repeat(5_000) }),
      '',
      '..',
      '\0',
      'é.é.é',
    ]) {
      const key = tokenKey(token);
      expect(isTokenKey(key)).toBe(true);
      expect(key).not.toContain('secret-name');
    }
  });

  it('never makes a cache take a forged signature for the token that it knows', () => {
    const cache = newCache();
    const token = newToken({ jti: 'one' });
    cache.set(token, { userId: 'ada' });
    const forged = [
      `${input(token)}.AAAA`,
      `${input(token)}.`,
      `${token}=`,
      newToken({ jti: 'one', sub: 'usr_ada' }, 'HS256', { kid: '' }),
    ];
    for (const text of forged) expect(cache.get(text)).toBeUndefined();
    cache.set(forged[0] ?? '', { userId: 'ada' });
    cache.revoke(tokenKey(token));
    for (const text of [token, ...forged]) expect(cache.get(text)).toBeUndefined();
  });
});

/** As a service may verify tokens elsewhere: with a tolerance of its own. */
const tolerant: Readonly<Record<Library, (toleranceSeconds: number) => Promise<Check>>> = {
  fastifyJwt: async (toleranceSeconds) => {
    const app = Fastify();
    apps.push(app);
    await app.register(fastifyJwt, { secret, verify: { clockTolerance: toleranceSeconds * 1_000 } });
    await app.ready();
    return newVerifier('fastifyJwt', app);
  },
  jsonwebtoken: (toleranceSeconds) =>
    Promise.resolve(
      (token) => jwt.verify(token, secret, { clockTolerance: toleranceSeconds }) as TokenClaims,
    ),
  jose: (toleranceSeconds) =>
    Promise.resolve(async (token) => {
      const { payload } = await jwtVerify(token, Buffer.from(secret), { clockTolerance: toleranceSeconds });
      return payload;
    }),
  fastJwt: (toleranceSeconds) =>
    Promise.resolve(createVerifier({ key: secret, clockTolerance: toleranceSeconds * 1_000 })),
};

describe('B.8 tolerance', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  describe.each(libraries)('%s', (library) => {
    it.each([0, 60, 300, 600, 86_400])(
      'of %i s: a revoked token is refused at every moment',
      async (tolerance) => {
        const check = await tolerant[library](tolerance);
        for (const revokedAfter of [0, 59, 60 + tolerance / 2]) {
          vi.setSystemTime(1_800_000_000_000);
          const token = newToken({ exp: seconds(60) });
          // Nothing of a JWT library's cache may answer for the other.
          const other = newToken({ exp: seconds(60), sub: 'usr_bob' });
          const blacklist = new TokenBlacklist(createMemoryStore(), check);
          vi.advanceTimersByTime(revokedAfter * 1_000);
          // What nobody accepts any more cannot be revoked, and need not be.
          if ((await outcome(check, token)) === 'accepted') await blacklist.revoke(token);
          if ((await outcome(check, other)) === 'accepted' && revokedAfter <= 660)
            expect(await blacklist.isRevoked(other)).toBe(false);
          const steps = [...Array(20).keys()].map(() => Math.max(1, Math.ceil((tolerance + 90) / 20)));
          for (const step of [0, 1, 4, 1, ...steps, 1_000, 86_400]) {
            vi.advanceTimersByTime(step * 1_000);
            const letIn = (await outcome(check, token)) === 'accepted' && !(await blacklist.isRevoked(token));
            expect(letIn, `${String(seconds(0) - 1_800_000_060)} s after its expiry`).toBe(false);
          }
        }
      },
    );
  });

  it.each<readonly [string, object]>([
    ['without an expiry', { exp: undefined }],
    ['with one far away', { exp: 32_503_680_000 }],
    ['with one beyond all numbers', { exp: 1e300 }],
  ])('a revoked token %s stays revoked for decades', async (_name, claims) => {
    vi.setSystemTime(1_800_000_000_000);
    const blacklist = new TokenBlacklist(createMemoryStore(), (token) => jwt.decode(token) as TokenClaims);
    const token = newToken(claims);
    await blacklist.revoke(token);
    for (let year = 0; year < 50; year += 1) {
      expect(await blacklist.isRevoked(token)).toBe(true);
      vi.advanceTimersByTime(365 * 86_400_000);
    }
  });

  it('holds where two machines do not agree on the time', async () => {
    const entries = new Map<string, number>();
    let real = 1_800_000_000;
    const store: BlacklistStore = {
      add: (key, kept) => Promise.resolve(void entries.set(key, real + kept)),
      has: (key) => Promise.resolve((entries.get(key) ?? 0) > real),
    };
    const at = (skew: number): void => void vi.setSystemTime((real + skew) * 1_000);
    at(0);
    const token = newToken({ exp: real + 60 });
    const check = await tolerant.jsonwebtoken(600);
    const blacklist = new TokenBlacklist(store, (text) => jwt.decode(text) as TokenClaims);
    // Revoked where the clock is ahead, asked where it is behind.
    at(30);
    await blacklist.revoke(token);
    for (; real < 1_800_000_000 + 900; real += 5) {
      at(-29);
      expect((await outcome(check, token)) === 'accepted' && !(await blacklist.isRevoked(token))).toBe(false);
    }
  });
});

describe('B.8 tolerance, the entry in a real Redis', () => {
  it.each([
    ['a minute', 60, 60 + 600],
    ['a moment', 1, 600],
    ['no expiry', undefined, 99 * 365 * 86_400],
  ] as const)('of a token with %s outlives its verifiers', async (name, left, atLeast) => {
    const redis = new Redis(inject('redisUrl'));
    const prefix = `tokens-test:${randomUUID()}:`;
    const token = newToken({ name, exp: left === undefined ? undefined : seconds(left) });
    await new TokenBlacklist(createRedisStore(redis, prefix), await tolerant.jose(60)).revoke(token);
    const kept = await redis.ttl(prefix + tokenKey(token));
    await redis.del(prefix + tokenKey(token));
    redis.disconnect();
    expect(kept).toBeGreaterThanOrEqual(atLeast);
    expect(kept).toBeLessThanOrEqual((left ?? 101 * 365 * 86_400) + 661);
  });
});

describe('B.9 lost message and 9d forged messages: the cache', () => {
  const ada = { userId: 'ada' };
  const token = newToken({ jti: 'one' });
  const sibling = newToken({ jti: 'one' }, 'HS256', { kid: 'k' });

  it.each<readonly [string, string, (cache: ClaimCache<object>) => void, boolean]>([
    [
      'the subscriber was cut off',
      token,
      (cache) => {
        cache.clear();
      },
      true,
    ],
    [
      'twice',
      token,
      (cache) => {
        cache.clear();
        cache.clear();
      },
      true,
    ],
    [
      'the token was revoked',
      token,
      (cache) => {
        cache.revoke(tokenKey(token));
      },
      true,
    ],
    [
      'one with its jti was revoked',
      sibling,
      (cache) => {
        cache.revoke(tokenKey(token));
      },
      true,
    ],
    [
      'another was revoked',
      token,
      (cache) => {
        cache.revoke(tokenKey(newToken({ jti: 'two' })));
      },
      false,
    ],
    [
      '10,000 others were revoked',
      token,
      (cache) => {
        for (let n = 0; n < 10_000; n += 1) cache.revoke(`jti:${String(n).padStart(64, '0')}`);
      },
      false,
    ],
  ])('an answer that was under way when %s', async (_name, asked, happens, voids) => {
    const cache = newCache();
    let answer: (claims: object | null) => void = () => undefined;
    let questions = 0;
    let outdated = 0;
    const ask = (): Promise<object | null> => {
      questions += 1;
      // The auth service knows of it by now.
      return questions > 1 ? Promise.resolve(null) : new Promise((resolve) => (answer = resolve));
    };
    const loaded = cache.load(asked, ask, () => (outdated += 1));
    happens(cache);
    expect(outdated).toBe(voids ? 1 : 0);
    answer(ada);
    expect(await loaded).toBe(voids ? null : ada);
    expect(questions).toBe(voids ? 2 : 1);
    expect(cache.get(asked)).toBe(voids ? undefined : ada);
  });

  it('asks twice at most, however many messages come, and then keeps nothing', async () => {
    const cache = newCache();
    let questions = 0;
    const ask = (): Promise<object> => {
      questions += 1;
      for (let n = 0; n < 1_000; n += 1) cache.revoke(tokenKey(token));
      return Promise.resolve(ada);
    };
    expect(await cache.load(token, ask)).toBe(ada);
    expect([questions, cache.get(token)]).toEqual([2, undefined]);
  });

  it('fails as the question fails, and keeps nothing of it', async () => {
    const cache = newCache();
    const fail = (): Promise<never> => {
      cache.clear();
      return Promise.reject(new Error('unavailable'));
    };
    await expect(cache.load(token, fail)).rejects.toThrow('unavailable');
    expect(await cache.load(token, () => Promise.resolve(ada))).toBe(ada);
    expect(cache.get(token)).toBe(ada);
  });

  it('remembers no message: a good token is known again at once after a forged one', async () => {
    const cache = newCache();
    cache.set(token, ada);
    for (let n = 0; n < 100; n += 1) cache.revoke(tokenKey(token));
    expect(cache.get(token)).toBeUndefined();
    expect(await cache.load(token, () => Promise.resolve(ada))).toBe(ada);
    expect(cache.get(token)).toBe(ada);
  });

  it('grows by nothing in 200,000 messages', () => {
    const cache = newCache();
    cache.set(token, ada);
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 200_000; n += 1) cache.revoke(`jti:${String(n).padStart(64, '0')}`);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000);
    expect(cache.get(token)).toBe(ada);
  });

  it.each([
    '',
    'jti:',
    'jti:one',
    '*',
    `jti:${'0'.repeat(63)}`,
    `jti:${'0'.repeat(65)}`,
    `JTI:${'0'.repeat(64)}`,
    `jti:${'A'.repeat(64)}`,
    `jti:${'0'.repeat(64)}\n`,
    `x jti:${'0'.repeat(64)}`,
    'x'.repeat(1_000_000),
    '{"revoke":"*"}',
  ])('%# is no key', (text) => {
    expect(isTokenKey(text)).toBe(false);
  });
});
