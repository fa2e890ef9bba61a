import { inject } from 'vitest';

import { seededRandom, shuffle } from './random.ts';

/** A deep run tests everything, a sampled one what its seed draws. */
export const isDeep = process.env['S2S_DEEP'] === '1';

/** All items in a deep run; else `size` of them, drawn with the seed of the run. */
export function sampled<T>(items: readonly T[], size: number): readonly T[] {
  return isDeep ? items : shuffle(items, seededRandom(inject('seed'))).slice(0, size);
}
