import type { FoundCase } from './find-cases.ts';
import { seededRandom, shuffle } from './random.ts';

const SAMPLE_SIZE = 2;

/**
 * The cases whose costly products are tested in a sampled run: one of each generator, then one of each fixture as far
 * as there is room. Another seed takes other fixtures.
 */
export function sampleCases(cases: readonly FoundCase[], seed: number): ReadonlySet<string> {
  const shuffled = shuffle(cases, seededRandom(seed));
  const sample = new Set<string>();
  const covered = new Set<string>();
  const take = (isWanted: (found: FoundCase) => boolean): void => {
    for (const found of shuffled) {
      if (sample.size >= SAMPLE_SIZE || !isWanted(found)) continue;
      covered.add(found.fixture).add(found.generator);
      sample.add(found.id);
    }
  };
  take(({ fixture, generator }) => !covered.has(generator) && !covered.has(fixture));
  take(({ generator }) => !covered.has(generator));
  take(({ fixture }) => !covered.has(fixture));
  take(({ id }) => !sample.has(id));
  return sample;
}
