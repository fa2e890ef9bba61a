import { RefusalLimit, type Verdict } from '../src/utils/refusal-limit.js';
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
    expect(await buckets.take('ada', TEN_A_SECOND)).toEqual({ retryAfterMs: 0, remaining: 0, resetMs: 1_000 });
    time += 30;
    expect(await buckets.take('ada', TEN_A_SECOND)).toEqual({ retryAfterMs: 70, remaining: 0, resetMs: 970 });
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

  it('take back what was not used, and never hold more than they can', async () => {
    const buckets = createMemoryBuckets({ clock });
    await grantedOf(buckets, 10);
    await buckets.give('ada', TEN_A_SECOND);
    expect(await grantedOf(buckets, 50)).toBe(1);

    for (let token = 0; token < 50; token += 1) await buckets.give('ada', TEN_A_SECOND);
    expect(await grantedOf(buckets, 50)).toBe(10);
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
    for (const quota of [{ max: 0, timeWindow: 1 }, { max: 1, timeWindow: 0 }, { max: Number.NaN, timeWindow: 1 }]) {
      expect(() => buckets.take('ada', quota)).toThrow(RangeError);
    }
  });
});

describe('refusal limit', () => {
  const THREE_A_MINUTE: Quota = { max: 3, timeWindow: 60_000 };
  let blocked: string[] = [];

  function limitOf(buckets: TokenBuckets = createMemoryBuckets({ clock })): RefusalLimit {
    blocked = [];
    return new RefusalLimit(buckets, THREE_A_MINUTE, (caller) => blocked.push(caller), clock);
  }

  /** True: it was looked at. */
  async function send(limit: RefusalLimit, caller: string, verdict: Verdict): Promise<boolean> {
    const admission = await limit.admit(caller);
    if (typeof admission === 'number') return false;
    admission.settle(verdict);
    return true;
  }

  it('turns a caller away when its tokens are bad too often, and no other', async () => {
    const limit = limitOf();
    for (let token = 0; token < 3; token += 1) expect(await send(limit, 'eve', 'bad')).toBe(true);
    expect(await limit.admit('eve')).toBe(20_000);
    expect(blocked).toEqual(['eve']);
    expect(await send(limit, 'ada', 'good')).toBe(true);

    time += 20_000;
    expect(await send(limit, 'eve', 'bad')).toBe(true);
    expect(await send(limit, 'eve', 'bad')).toBe(false);
  });

  it('costs nobody a token that is good, or that nobody could tell', async () => {
    const limit = limitOf();
    for (let token = 0; token < 9; token += 1) expect(await send(limit, 'ada', 'unknown')).toBe(true);
    for (let token = 0; token < 9; token += 1) expect(await send(limit, 'ada', 'good')).toBe(true);
    for (let token = 0; token < 3; token += 1) expect(await send(limit, 'ada', 'bad')).toBe(true);
    expect(await send(limit, 'ada', 'bad')).toBe(false);
  });

  it('takes who has ten times as many good tokens for no scanner', async () => {
    const limit = limitOf();
    for (let round = 0; round < 50; round += 1) {
      for (let request = 0; request < 10; request += 1) await send(limit, 'gateway', 'good');
      expect(await send(limit, 'gateway', 'bad')).toBe(true);
    }
  });

  it('lets those that come at once wait for a verdict', async () => {
    const limit = limitOf();
    const [first, second, third] = [await limit.admit('ada'), await limit.admit('ada'), await limit.admit('ada')];
    const waiting = [limit.admit('ada'), limit.admit('ada')];
    await new Promise((resolve) => setImmediate(resolve));
    if (typeof first === 'number' || typeof second === 'number' || typeof third === 'number') throw new Error('early');
    first.settle('good');
    first.settle('bad');
    const fourth = await waiting[0];
    if (typeof fourth !== 'object') throw new Error('turned away');

    for (const admission of [second, third, fourth]) admission.settle('bad');
    expect(await waiting[1]).toBe(20_000);
    expect(blocked).toEqual(['ada']);
  });

  it('forgives a bucket that cannot take back', async () => {
    const limit = limitOf({
      take: () => ({ retryAfterMs: 0, remaining: 1, resetMs: 1 }),
      give: () => Promise.reject(new Error('Redis is down')),
    });
    expect(await send(limit, 'ada', 'good')).toBe(true);
  });

  it('keeps a bounded number of callers in mind', async () => {
    const limit = limitOf(createMemoryBuckets({ clock, maxBuckets: 1 }));
    for (let token = 0; token < 4; token += 1) await send(limit, 'eve', 'bad');
    expect(await send(limit, 'eve', 'bad')).toBe(false);
    for (let caller = 0; caller < 10_000; caller += 1) await send(limit, String(caller), 'bad');

    expect(await send(limit, 'eve', 'bad')).toBe(true);
  });
});
