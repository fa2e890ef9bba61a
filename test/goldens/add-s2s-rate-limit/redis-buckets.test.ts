import { withFallback } from '../src/utils/redis-buckets.js';
import { createMemoryBuckets, type Quota, type TokenBuckets } from '../src/utils/token-bucket.js';

const TEN_A_SECOND: Quota = { max: 10, timeWindow: 1_000 };

/** How many of so many requests get a token. */
async function grantedOf(buckets: TokenBuckets, requests: number): Promise<number> {
  let granted = 0;
  for (let request = 0; request < requests; request += 1) {
    granted += (await buckets.take('ada', TEN_A_SECOND)).retryAfterMs === 0 ? 1 : 0;
  }
  return granted;
}

describe('shared buckets', () => {
  it('are left alone but for one request, four times a second, when they have failed', async () => {
    let time = 1_000_000;
    const clock = (): number => time;
    let asked = 0;
    let isDown = true;
    const failures: unknown[] = [];
    const shared: TokenBuckets = {
      take: () => {
        asked += 1;
        if (isDown) return Promise.reject(new Error('Redis is down'));
        return { retryAfterMs: 0, remaining: 1, resetMs: 900 };
      },
      give: () => undefined,
    };
    const note = (error: unknown): void => {
      failures.push(error);
    };
    const buckets = withFallback(shared, createMemoryBuckets({ clock }), note, clock);

    expect(await grantedOf(buckets, 50)).toBe(10);
    expect([asked, failures.length]).toEqual([1, 1]);
    time += 250;
    expect(await grantedOf(buckets, 50)).toBe(2);
    expect([asked, failures.length]).toEqual([2, 1]);
    time += 250;
    isDown = false;
    expect(await grantedOf(buckets, 50)).toBe(50);
    expect([asked, failures.length]).toEqual([52, 1]);

    // The bucket of this instance goes on from what Redis said last: one token is in it.
    isDown = true;
    expect(await grantedOf(buckets, 50)).toBe(1);
    expect([asked, failures.length]).toEqual([53, 2]);
  });
});
