import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';

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
  const keyOf = (token: string): string => `sha256:${createHash('sha256').update(token).digest('hex')}`;

  it('forgets a token by its jti, or else by its hash, and no other', () => {
    for (const [token, key] of [
      [named, 'jti:token-1'],
      [unnamed, keyOf(unnamed)],
      ['opaque', keyOf('opaque')],
    ] as const) {
      const cache = createCache();
      cache.set(token, ADA);
      cache.set('other', ADA);
      cache.revoke('jti:token-2');
      assert.equal(cache.get(token), ADA);

      cache.revoke(key);
      assert.equal(cache.get(token), undefined);
      assert.equal(cache.get('other'), ADA);
    }
  });

  it('does not trust an answer that was asked for before the revocation', () => {
    const cache = createCache();
    cache.revoke('jti:token-1');

    assert.equal(cache.set(named, ADA), null);
    assert.equal(cache.get(named), null);
    time = 299_999;
    assert.equal(cache.set(named, ADA), null);
    time = 300_000;
    assert.equal(cache.set(named, ADA), ADA);
  });

  it('forgets everything when it may have missed one', () => {
    const cache = createCache();
    cache.set(named, ADA);
    cache.set('bad', null);
    cache.clear();

    assert.equal(cache.get(named), undefined);
    assert.equal(cache.get('bad'), null);
  });

  it('keeps a bounded number of revocations in mind', () => {
    const cache = createCache();
    cache.revoke('jti:token-1');
    for (let count = 0; count < 10_000; count += 1) cache.revoke(`jti:${String(count)}`);

    assert.equal(cache.set(named, ADA), ADA);
    assert.equal(cache.set(tokenWith({ jti: '0' }), ADA), null);
  });
});
