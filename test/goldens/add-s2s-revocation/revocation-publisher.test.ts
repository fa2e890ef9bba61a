import { publishRevocations } from '../src/utils/revocation-publisher.js';
import type { BlacklistStore } from '../src/utils/token-blacklist.js';

let warnings: string[] = [];
const log = {
  warn: (_details: unknown, message?: string): void => {
    warnings.push(message ?? '');
  },
};

function newStore(): BlacklistStore {
  const keys = new Set<string>();
  return {
    add: (key) => {
      keys.add(key);
      return Promise.resolve();
    },
    has: (key) => Promise.resolve(keys.has(key)),
  };
}

beforeEach(() => {
  warnings = [];
});

describe('revocation publisher', () => {
  it('tells of a token when it is kept, by its key', async () => {
    const store = newStore();
    const messages: unknown[] = [];
    const publish = async (channel: string, message: string): Promise<number> => {
      messages.push([channel, message, await store.has(message)]);
      return 1;
    };
    const published = publishRevocations(store, { publish }, log);
    await published.add('jti:1', 60);
    await new Promise((resolve) => setImmediate(resolve));

    expect(messages).toEqual([['token-revocations:acme/auth-service', 'jti:1', true]]);
    expect(await published.has('jti:1')).toBe(true);
    expect(await published.has('jti:2')).toBe(false);
  });

  it('tells nothing of a token that could not be kept', async () => {
    const full: BlacklistStore = {
      add: () => Promise.reject(new Error('full')),
      has: () => Promise.resolve(false),
    };
    let published = 0;
    const publish = (): Promise<number> => {
      published += 1;
      return Promise.resolve(1);
    };

    await expect(publishRevocations(full, { publish }, log).add('jti:1', 60)).rejects.toMatchObject({ message: 'full' });
    expect(published).toBe(0);
  });

  it('revokes also when nobody can be told, and says so in the log', async () => {
    const store = publishRevocations(
      newStore(),
      { publish: () => Promise.reject(new Error('Redis is down')) },
      log,
    );
    await store.add('jti:1', 60);
    await new Promise((resolve) => setImmediate(resolve));

    expect(await store.has('jti:1')).toBe(true);
    expect(warnings).toEqual(['A revocation could not be published: caches forget the token in time']);
  });
});
