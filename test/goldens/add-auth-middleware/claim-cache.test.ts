import { ClaimCache, type ClaimCacheOptions } from '../src/utils/claim-cache.js';

interface Claims {
  userId: string;
}

let time = 0;
let wallClock = 0;

beforeEach(() => {
  time = 0;
  wallClock = 1_000_000_000_000;
});

/** A key that does not depend on the signature, as that of token-key.ts. */
const keyOf = (token: string): string => token.split('.').slice(0, 2).join('.');

function createCache(options: Partial<ClaimCacheOptions> = {}): ClaimCache<Claims> {
  return new ClaimCache<Claims>({ ttlMs: 5_000, clock: () => time, now: () => wallClock, keyOf, ...options });
}

function tokenWith(payload: unknown): string {
  return `header.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.signature`;
}

const ADA = { userId: 'ada' };

describe('claim cache', () => {
  it('knows a token for its time and no longer', () => {
    const cache = createCache();
    expect(cache.get('token')).toBeUndefined();
    expect(cache.set('token', ADA)).toBe(ADA);

    time = 4_999;
    expect(cache.get('token')).toBe(ADA);
    time = 5_000;
    expect(cache.get('token')).toBeUndefined();
  });

  it('never knows a token past its own expiry', () => {
    const cache = createCache();
    const token = tokenWith({ exp: wallClock / 1_000 + 2 });
    cache.set(token, ADA);

    wallClock += 1_999;
    expect(cache.get(token)).toBe(ADA);
    wallClock += 1;
    expect(cache.get(token)).toBeUndefined();
  });

  it('counts the time from the question, not from the answer', async () => {
    const cache = createCache();
    const ask = (): Promise<Claims> => {
      time = 4_000;
      return Promise.resolve(ADA);
    };
    expect(await cache.load('token', ask)).toBe(ADA);
    time = 4_999;
    expect(cache.get('token')).toBe(ADA);
    time = 5_000;
    expect(cache.get('token')).toBeUndefined();
  });

  it('keeps tokens whose expiry it cannot read for the usual time', () => {
    const cache = createCache();
    for (const token of [tokenWith({}), tokenWith({ exp: 'soon' }), tokenWith(null), 'a.b.c', 'opaque']) {
      cache.set(token, ADA);
      expect(cache.get(token)).toBe(ADA);
    }
  });

  it('remembers a refusal for a second at most', () => {
    const cache = createCache();
    cache.set('bad', null);

    time = 999;
    expect(cache.get('bad')).toBe(null);
    time = 1_000;
    expect(cache.get('bad')).toBeUndefined();
  });

  it('forgets the oldest when it is full, and never a verified token for refused ones', () => {
    const cache = createCache({ maxEntries: 2 });
    cache.set('good', ADA);
    for (const token of ['bad 1', 'bad 2', 'bad 3']) cache.set(token, null);
    expect(cache.get('good')).toBe(ADA);
    expect(cache.get('bad 1')).toBeUndefined();
    expect(cache.get('bad 3')).toBe(null);

    for (const token of ['good 2', 'good 3']) cache.set(token, ADA);
    expect(cache.get('good')).toBeUndefined();
    expect(cache.get('good 3')).toBe(ADA);
  });

  it('refuses numbers that make no sense', () => {
    for (const ttlMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => createCache({ ttlMs })).toThrow(RangeError);
    }
    expect(() => createCache({ maxEntries: 0 })).toThrow(RangeError);
  });
});

describe('claim cache, revocations', () => {
  const named = tokenWith({ jti: 'token-1', exp: 2_000_000_000 });
  const unnamed = tokenWith({ sub: 'ada' });

  it('forgets a token by its key, however its signature is spelled, and no other', () => {
    for (const token of [named, unnamed, 'opaque']) {
      const cache = createCache();
      const tokens = [token, ...(token === 'opaque' ? [] : [token.replace('.signature', '.other')])];
      for (const text of tokens) cache.set(text, ADA);
      cache.set('other', ADA);
      cache.revoke(keyOf(tokenWith({ jti: 'token-2' })));
      for (const text of tokens) expect(cache.get(text)).toBe(ADA);

      cache.revoke(keyOf(token));
      for (const text of tokens) expect(cache.get(text)).toBeUndefined();
      expect(cache.get('other')).toBe(ADA);
    }
  });

  it('asks once more when the token was revoked, or a message may be lost, while it asked', async () => {
    for (const happens of ['revoke', 'clear'] as const) {
      const cache = createCache();
      let [asked, outdated] = [0, 0];
      const ask = (): Promise<Claims | null> => {
        asked += 1;
        if (asked > 1) return Promise.resolve(null);
        if (happens === 'clear') cache.clear();
        else cache.revoke(keyOf(named));
        return Promise.resolve(ADA);
      };
      const onOutdated = (): void => {
        outdated += 1;
      };
      expect(await cache.load(named, ask, onOutdated)).toBe(null);
      expect([asked, outdated]).toEqual([2, 1]);
      expect(cache.get(named)).toBeUndefined();
    }
  });

  it('believes the auth service, and not a message: a good token stays good', async () => {
    const cache = createCache();
    const ask = (): Promise<Claims> => {
      cache.revoke(keyOf(named));
      return Promise.resolve(ADA);
    };
    expect(await cache.load(named, ask)).toBe(ADA);
    expect(await cache.load(named, () => Promise.resolve(ADA))).toBe(ADA);
    expect(cache.get(named)).toBe(ADA);
  });

  it('forgets every verified token at a revocation when it knows no keys', () => {
    const cache = new ClaimCache<Claims>({ ttlMs: 5_000, clock: () => time });
    cache.set('token', ADA);
    cache.revoke('any');
    expect(cache.get('token')).toBeUndefined();
  });

  it('forgets everything when it may have missed one', () => {
    const cache = createCache();
    cache.set(named, ADA);
    cache.set('bad', null);
    cache.clear();

    expect(cache.get(named)).toBeUndefined();
    expect(cache.get('bad')).toBe(null);
  });
});
