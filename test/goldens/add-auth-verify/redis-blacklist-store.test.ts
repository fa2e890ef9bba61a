import { Redis } from 'ioredis';
import { createRedisStore } from '../src/utils/redis-blacklist-store.js';
import { FAIL_FAST } from '../src/utils/redis-lifecycle.js';

describe('Redis store of the denylist', () => {
  it('stores a key for the given time', async () => {
    const commands: unknown[][] = [];
    const set = (...command: unknown[]): Promise<number> => Promise.resolve(commands.push(command));
    const exists = (key: string): Promise<number> => Promise.resolve(key === 'revoked:known' ? 1 : 0);
    const store = createRedisStore({ set, exists }, 'revoked:');
    await store.add('jti:1', 60);

    expect(commands).toEqual([['revoked:jti:1', '1', 'EX', 60]]);
    expect(await store.has('known')).toBe(true);
    expect(await store.has('unknown')).toBe(false);
  });

  it('waits for a Redis that stalls for a moment, and fails fast when it stays silent', async () => {
    const answers: ((count: number) => void)[] = [];
    const exists = (): Promise<number> => new Promise((resolve) => answers.push(resolve));
    const store = createRedisStore({ set: () => Promise.resolve(1), exists }, 'revoked:');
    setTimeout(() => answers[0]?.(0), 300);
    expect(await store.has('one')).toBe(false);

    const silence: number[] = [];
    for (let call = 0; call < 2; call += 1) {
      const startedAt = performance.now();
      await expect(store.has('one')).rejects.toMatchObject({ message: 'Redis did not answer in time' });
      silence.push(performance.now() - startedAt);
    }
    const [first = 0, second = 0] = silence;
    expect(first).toBeLessThan(3_000);
    // Who has waited has waited for all that follow.
    expect(second).toBeLessThan(first / 2);
  });

  it('fails within a moment when Redis is down', async () => {
    // Nothing listens on port 1.
    const redis = new Redis(1, '127.0.0.1', { ...FAIL_FAST, retryStrategy: () => null });
    redis.on('error', () => undefined);
    const startedAt = performance.now();

    const failed = await createRedisStore(redis, 'revoked:').has('one').catch(() => 'failed');
    expect(failed).toBe('failed');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    redis.disconnect();
  });
});
