import { beforeEach, describe, expect, it } from 'vitest';

import { RefusalLimit } from '../src/utils/refusal-limit.js';
import { createMemoryBuckets, type Quota, type TokenBuckets } from '../src/utils/token-bucket.js';

const TEN_A_SECOND: Quota = { max: 10, timeWindow: 1_000 };

let time = 0;
const clock = (): number => time;

beforeEach(() => {
  time = 1_000_000;
});

/** How many of so many requests get a token. */
async function grantedOf(buckets: TokenBuckets, requests: number, key = 'ada'): Promise<number> {
  let granted = 0;
  for (let request = 0; request < requests; request += 1) {
    granted += (await buckets.take(key, TEN_A_SECOND)).retryAfterMs === 0 ? 1 : 0;
  }
  return granted;
}

describe('token buckets', () => {
  it('give what is in them at once, and then as fast as they fill', async () => {
    const buckets = createMemoryBuckets({ clock });
    expect(await grantedOf(buckets, 50)).toBe(10);

    time += 99;
    expect(await grantedOf(buckets, 50)).toBe(0);
    time += 1;
    expect(await grantedOf(buckets, 50)).toBe(1);
    time += 300;
    expect(await grantedOf(buckets, 50)).toBe(3);
    time += 60_000;
    expect(await grantedOf(buckets, 50)).toBe(10);
  });

  it('tell what is left, when there will be one again, and when all', async () => {
    const buckets = createMemoryBuckets({ clock });
    const first = await buckets.take('ada', TEN_A_SECOND);
    expect(first).toEqual({ retryAfterMs: 0, remaining: 9, resetMs: 100 });

    await grantedOf(buckets, 8);
    expect(await buckets.take('ada', TEN_A_SECOND)).toEqual({
      retryAfterMs: 0,
      remaining: 0,
      resetMs: 1_000,
    });
    time += 30;
    expect(await buckets.take('ada', TEN_A_SECOND)).toEqual({
      retryAfterMs: 70,
      remaining: 0,
      resetMs: 970,
    });
  });

  it('never give more over a time than were in them and came in it', async () => {
    const buckets = createMemoryBuckets({ clock });
    let granted = 0;
    for (let step = 0; step < 1_000; step += 1) {
      granted += await grantedOf(buckets, 3);
      time += 7;
    }
    expect(granted).toBeGreaterThanOrEqual(79);
    expect(granted).toBeLessThanOrEqual(80);
  });

  it('are one for each key', async () => {
    const buckets = createMemoryBuckets({ clock });
    await grantedOf(buckets, 10);

    expect(await grantedOf(buckets, 50, 'bob')).toBe(10);
  });

  it('are bounded in number: the one used least lately is full again', async () => {
    const buckets = createMemoryBuckets({ clock, maxBuckets: 2 });
    await grantedOf(buckets, 10, 'ada');
    await grantedOf(buckets, 9, 'bob');
    await grantedOf(buckets, 1, 'eve');

    expect(await grantedOf(buckets, 50, 'bob')).toBe(1);
    expect(await grantedOf(buckets, 50, 'ada')).toBe(10);
  });

  it('refuse a quota that makes no sense', () => {
    const buckets = createMemoryBuckets({ clock });
    for (const quota of [
      { max: 0, timeWindow: 1 },
      { max: 1, timeWindow: 0 },
      { max: Number.NaN, timeWindow: 1 },
    ]) {
      expect(() => buckets.take('ada', quota)).toThrow(RangeError);
    }
  });
});

describe('refusal limit', () => {
  const THREE_A_MINUTE: Quota = { max: 3, timeWindow: 60_000 };

  it('turns a caller away when its tokens are bad too often, and no other', async () => {
    const limit = new RefusalLimit(createMemoryBuckets({ clock }), THREE_A_MINUTE, clock);
    expect(await limit.refused('eve')).toBe(false);
    expect(await limit.refused('eve')).toBe(false);
    expect(limit.blockedForMs('eve')).toBe(0);
    expect(await limit.refused('eve')).toBe(true);

    expect(limit.blockedForMs('eve')).toBe(20_000);
    expect(limit.blockedForMs('ada')).toBe(0);
    time += 20_000;
    expect(limit.blockedForMs('eve')).toBe(0);
    expect(await limit.refused('eve')).toBe(true);
  });

  it('takes who has ten times as many good tokens for no scanner', async () => {
    const limit = new RefusalLimit(createMemoryBuckets({ clock }), THREE_A_MINUTE, clock);
    for (let round = 0; round < 50; round += 1) {
      for (let request = 0; request < 10; request += 1) limit.accepted('gateway');
      expect(await limit.refused('gateway')).toBe(false);
    }
    for (let request = 0; request < 9; request += 1) limit.accepted('gateway');
    await limit.refused('gateway');
    await limit.refused('gateway');
    expect(await limit.refused('gateway')).toBe(true);
  });

  it('keeps a bounded number of callers in mind', async () => {
    const limit = new RefusalLimit(
      createMemoryBuckets({ clock, maxBuckets: 1 }),
      { max: 1, timeWindow: 1_000 },
      clock,
    );
    await limit.refused('eve');
    expect(limit.blockedForMs('eve')).toBe(1_000);
    for (let caller = 0; caller < 10_000; caller += 1) limit.accepted(String(caller));

    expect(limit.blockedForMs('eve')).toBe(0);
  });
});
