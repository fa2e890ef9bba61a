import type { FoundCase } from './find-cases.ts';
import { seededRandom, shuffle } from './random.ts';

const SAMPLE_SIZE = 8;

/** The cases whose costly products are tested in a sampled run: every fixture and every generator is among them. */
export function sampleCases(cases: readonly FoundCase[], seed: number): ReadonlySet<string> {
  const shuffled = shuffle(cases, seededRandom(seed));
  const sample = new Set<string>();
  const covered = new Set<string>();
  for (const { id, fixture, generator } of shuffled) {
    if (covered.has(fixture) && covered.has(generator)) continue;
    covered.add(fixture).add(generator);
    sample.add(id);
  }
  for (const { id } of shuffled) if (sample.size < SAMPLE_SIZE) sample.add(id);
  return sample;
}
