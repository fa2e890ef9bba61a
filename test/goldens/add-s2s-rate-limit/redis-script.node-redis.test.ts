import { createRedisBuckets } from '../src/utils/redis-buckets.js';
import type { RedisClient } from '../src/utils/redis-script.js';

const QUOTA = { max: 10, timeWindow: 1_000 };

describe('token buckets in Redis', () => {
  it('send the script once, and again to a Redis that has forgotten it', async () => {
    const commands: unknown[] = [];
    let isKnown = false;
    const client: RedisClient = {
      evalSha: (_sha, asked) => {
        commands.push(['evalSha', asked]);
        return isKnown ? Promise.resolve([0, 9, 100]) : Promise.reject(new Error('NOSCRIPT No matching script'));
      },
      eval: (script, asked) => {
        isKnown = true;
        commands.push([script.includes("redis.call('TIME')"), asked]);
        return Promise.resolve([0, 9, 100]);
      },
    };
    const buckets = createRedisBuckets(client, 'limit:');
    const take = { retryAfterMs: 0, remaining: 9, resetMs: 100 };
    expect(await buckets.take('ada', QUOTA)).toEqual(take);
    expect(await buckets.take('ada', QUOTA)).toEqual(take);

    const asked = { keys: ['limit:ada'], arguments: ['10', '1000', '1'] };
    expect(commands).toEqual([['evalSha', asked], [true, asked], ['evalSha', asked]]);
  });

  it('give up within a moment when Redis does not answer', async () => {
    const silence = new Promise<never>(() => undefined);
    const buckets = createRedisBuckets({ eval: () => silence, evalSha: () => silence }, 'limit:');
    const startedAt = performance.now();

    const taken = Promise.resolve(buckets.take('ada', QUOTA));

    await expect(taken).rejects.toMatchObject({ message: 'Redis did not answer in time' });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
