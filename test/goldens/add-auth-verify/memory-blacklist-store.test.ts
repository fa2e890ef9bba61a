import { createMemoryStore } from '../src/utils/memory-blacklist-store.js';

describe('memory store of the denylist', () => {
  it('evicts nothing before its time when it is full', async () => {
    const store = createMemoryStore(2);
    await store.add('one', 60);
    await store.add('two', 60);
    await expect(store.add('three', 60)).rejects.toMatchObject({
      message: 'The token denylist is full (2 entries)',
    });

    expect(await store.has('one')).toBe(true);
    expect(await store.has('two')).toBe(true);
    expect(await store.has('three')).toBe(false);
    await store.add('two', 60);
  });

  it('has no entry that has expired, and makes room', async () => {
    const store = createMemoryStore(2);
    await store.add('gone', 0);
    expect(await store.has('gone')).toBe(false);
    await store.add('one', 60);
    await store.add('two', 60);
    expect(await store.has('one')).toBe(true);
  });
});
