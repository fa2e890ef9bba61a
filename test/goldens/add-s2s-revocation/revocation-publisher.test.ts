import { EventEmitter } from 'node:events';

import { publishRevocations } from '../src/utils/revocation-publisher.js';
import type { BlacklistStore } from '../src/utils/token-blacklist.js';

let warnings: string[] = [];
/** Keys in the order in which they reached the log. */
let logged: string[] = [];
let kept = new Set<string>();
let isDown = false;
const events = new EventEmitter();
const log = {
  warn: (_details: unknown, message?: string): void => {
    warnings.push(message ?? '');
  },
};
const connection = {
  send: ([, , , name, all, key = '', until]: readonly string[]): Promise<unknown> => {
    if (isDown) return Promise.reject(new Error('Redis is down'));
    expect([name, all, kept.has(key)]).toEqual(['token-revocations:acme/auth-service', 'token-revocations:acme/auth-service:all', true]);
    expect(Number(until)).toBeGreaterThan(Date.now() / 1_000);
    logged.push(key);
    return Promise.resolve('1-1');
  },
};
const store: BlacklistStore = {
  add: (key) => {
    kept.add(key);
    return Promise.resolve();
  },
  has: (key) => Promise.resolve(kept.has(key)),
};

beforeEach(() => {
  [warnings, logged, kept, isDown] = [[], [], new Set(), false];
  events.removeAllListeners();
});

describe('revocation publisher', () => {
  it('writes a token to the log when it is kept, by its key', async () => {
    const published = publishRevocations(store, connection, events, log);
    await published.add('jti:1', 60);

    expect(logged).toEqual(['jti:1']);
    expect(await published.has('jti:1')).toBe(true);
    expect(await published.has('jti:2')).toBe(false);
  });

  it('rejects what could not be kept, or not be written to the log', async () => {
    const full = { ...store, add: () => Promise.reject(new Error('full')) };
    const adding = publishRevocations(full, connection, events, log).add('jti:1', 60);
    await expect(adding).rejects.toMatchObject({ message: 'full' });
    expect(logged).toEqual([]);

    isDown = true;
    const writing = publishRevocations(store, connection, events, log).add('jti:2', 60);
    await expect(writing).rejects.toMatchObject({ message: 'Redis is down' });
  });

  it('writes all that counts again on a new connection: Redis may have lost it', async () => {
    const published = publishRevocations(store, connection, events, log);
    await published.add('jti:1', 60);
    await published.add('jti:2', 60);
    kept.clear();
    events.emit('ready');
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect(logged).toEqual(['jti:1', 'jti:2', 'jti:1', 'jti:2']);
    expect([...kept]).toEqual(['jti:1', 'jti:2']);
    isDown = true;
    events.emit('ready');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(warnings.length).toBe(1);
    isDown = false;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(logged.slice(4)).toEqual(['jti:1', 'jti:2']);
    events.emit('end');
  });
});
