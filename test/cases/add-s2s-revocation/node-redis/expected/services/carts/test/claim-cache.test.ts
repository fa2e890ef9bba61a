import assert from 'node:assert/strict';

import { beforeEach, describe, it } from 'node:test';

import { ClaimCache, type ClaimCacheOptions } from '../src/utils/claim-cache.js';
import { tokenKey } from '../src/utils/token-key.js';

interface Claims {
  userId: string;
}

let time = 0;
let wallClock = 0;

beforeEach(() => {
  time = 0;
  wallClock = 1_000_000_000_000;
});

function createCache(options: Partial<ClaimCacheOptions> = {}): ClaimCache<Claims> {
  return new ClaimCache<Claims>({ ttlMs: 5_000, clock: () => time, now: () => wallClock, ...options });
}

function tokenWith(payload: unknown): string {
  return `header.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.signature`;
}

const ADA = { userId: 'ada' };

describe('claim cache', () => {
  it('knows a token for its time and no longer', () => {
    const cache = createCache();
    assert.equal(cache.get('token'), undefined);
    assert.equal(cache.set('token', ADA), ADA);

    time = 4_999;
    assert.equal(cache.get('token'), ADA);
    time = 5_000;
    assert.equal(cache.get('token'), undefined);
  });

  it('never knows a token past its own expiry', () => {
    const cache = createCache();
    const token = tokenWith({ exp: wallClock / 1_000 + 2 });
    cache.set(token, ADA);

    wallClock += 1_999;
    assert.equal(cache.get(token), ADA);
    wallClock += 1;
    assert.equal(cache.get(token), undefined);
  });

  it('counts the time from the question, not from the answer', async () => {
    const cache = createCache();
    const ask = (): Promise<Claims> => {
      time = 4_000;
      return Promise.resolve(ADA);
    };
    assert.equal(await cache.load('token', ask), ADA);
    time = 4_999;
    assert.equal(cache.get('token'), ADA);
    time = 5_000;
    assert.equal(cache.get('token'), undefined);
  });

  it('keeps tokens whose expiry it cannot read for the usual time', () => {
    const cache = createCache();
    for (const token of [tokenWith({}), tokenWith({ exp: 'soon' }), tokenWith(null), 'a.b.c', 'opaque']) {
      cache.set(token, ADA);
      assert.equal(cache.get(token), ADA);
    }
  });

  it('remembers a refusal for a second at most', () => {
    const cache = createCache();
    cache.set('bad', null);

    time = 999;
    assert.equal(cache.get('bad'), null);
    time = 1_000;
    assert.equal(cache.get('bad'), undefined);
  });

  it('forgets the oldest when it is full, and never a verified token for refused ones', () => {
    const cache = createCache({ maxEntries: 2 });
    cache.set('good', ADA);
    for (const token of ['bad 1', 'bad 2', 'bad 3']) cache.set(token, null);
    assert.equal(cache.get('good'), ADA);
    assert.equal(cache.get('bad 1'), undefined);
    assert.equal(cache.get('bad 3'), null);

    for (const token of ['good 2', 'good 3']) cache.set(token, ADA);
    assert.equal(cache.get('good'), undefined);
    assert.equal(cache.get('good 3'), ADA);
  });

  it('refuses numbers that make no sense', () => {
    for (const ttlMs of [0, -1, Number.NaN, Infinity]) {
      assert.throws(() => createCache({ ttlMs }), RangeError);
    }
    assert.throws(() => createCache({ maxEntries: 0 }), RangeError);
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
      cache.revoke(tokenKey(tokenWith({ jti: 'token-2' })));
      for (const text of tokens) assert.equal(cache.get(text), ADA);

      cache.revoke(tokenKey(token));
      for (const text of tokens) assert.equal(cache.get(text), undefined);
      assert.equal(cache.get('other'), ADA);
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
        else cache.revoke(tokenKey(named));
        return Promise.resolve(ADA);
      };
      assert.equal(await cache.load(named, ask, () => (outdated += 1)), null);
      assert.deepEqual([asked, outdated], [2, 1]);
      assert.equal(cache.get(named), undefined);
    }
  });

  it('believes the auth service, and not a message: a good token stays good', async () => {
    const cache = createCache();
    const ask = (): Promise<Claims> => {
      cache.revoke(tokenKey(named));
      return Promise.resolve(ADA);
    };
    assert.equal(await cache.load(named, ask), ADA);
    assert.equal(await cache.load(named, () => Promise.resolve(ADA)), ADA);
    assert.equal(cache.get(named), ADA);
  });

  it('forgets everything when it may have missed one', () => {
    const cache = createCache();
    cache.set(named, ADA);
    cache.set('bad', null);
    cache.clear();

    assert.equal(cache.get(named), undefined);
    assert.equal(cache.get('bad'), null);
  });
});
