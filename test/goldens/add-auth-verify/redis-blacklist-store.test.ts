import { createRedisStore } from '../src/utils/redis-blacklist-store.js';

describe('Redis store of the denylist', () => {
  it('stores a key for the given time, and fails when Redis does not answer', async () => {
    const commands: unknown[][] = [];
    const set = (...command: unknown[]): Promise<number> => Promise.resolve(commands.push(command));
    const silence = new Promise<number>(() => undefined);
    const exists = (key: string): Promise<number> =>
      key === 'revoked:silent' ? silence : Promise.resolve(key === 'revoked:known' ? 1 : 0);
    const store = createRedisStore({ set, exists }, 'revoked:');
    await store.add('jti:1', 60);
    expect(commands).toEqual([['revoked:jti:1', '1', 'EX', 60]]);
    expect([await store.has('known'), await store.has('unknown')]).toEqual([true, false]);
    const message = 'Redis did not answer in time';
    await expect(store.has('silent')).rejects.toMatchObject({ message });
  });
});
