import type { BlacklistStore } from './token-blacklist.ts';

/**
 * Stores revoked tokens in the memory of this process: for a single instance, and lost at a restart.
 * With `maxEntries` entries, `add` rejects; no entry is evicted before it expires.
 */
export function createMemoryStore(maxEntries = 100_000): BlacklistStore {
  const expiries = new Map<string, number>();
  const isFull = (key: string): boolean => expiries.size >= maxEntries && !expiries.has(key);
  return {
    add(key, seconds) {
      const now = performance.now();
      if (isFull(key)) {
        for (const [old, expiresAt] of expiries) if (expiresAt <= now) expiries.delete(old);
      }
      if (isFull(key)) {
        return Promise.reject(new Error(`The token denylist is full (${String(maxEntries)} entries)`));
      }
      expiries.set(key, now + seconds * 1_000);
      return Promise.resolve();
    },
    has: (key) => Promise.resolve((expiries.get(key) ?? 0) > performance.now()),
  };
}
