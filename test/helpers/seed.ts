import { randomInt } from 'node:crypto';

import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** What the sample of this run is drawn with. */
    readonly seed: number;
  }
}

/** Vitest global setup: one printed seed for a run; `S2S_SEED=…` repeats it. @throws Error when it is no whole number */
export default function setup(project: TestProject): void {
  const given = process.env['S2S_SEED'];
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`S2S_SEED must be a whole number, not ${given ?? ''}`);
  project.provide('seed', seed);
  const what = process.env['S2S_DEEP'] === '1' ? 'deep run, everything is tested' : 'sampled run';
  console.log(`[${project.name}] ${what}; repeat it with S2S_SEED=${String(seed)}`);
}
