/** Maps that are keyed by what a repository holds: its texts and paths. */
const caches: Map<never, never>[] = [];
let running = 0;

/** A map that lasts for a run: {@link withRunCaches} empties it when none is under way. */
export function runCache<K, V>(): Map<K, V> {
  const cache = new Map<K, V>();
  caches.push(cache as Map<never, never>);
  return cache;
}

/** A fact about an object, found once however often it is asked for and kept as long as the object; one that fails fails again. */
export function once<Key extends object, Fact>(find: (key: Key) => Fact): (key: Key) => Fact {
  const known = new WeakMap<Key, { readonly fact: Fact }>();
  return (key) => {
    const { fact } = known.get(key) ?? { fact: find(key) };
    known.set(key, { fact });
    return fact;
  };
}

/** Runs something that may fill them, and forgets what it knew of the repository; runs may nest and overlap. */
export async function withRunCaches<T>(run: () => Promise<T>): Promise<T> {
  running += 1;
  try {
    return await run();
  } finally {
    running -= 1;
    if (running === 0) for (const cache of caches) cache.clear();
  }
}

/** How much is kept; of a process that plans again and again it is nothing between two runs. */
export function runCacheSize(): number {
  return caches.reduce((sum, { size }) => sum + size, 0);
}
