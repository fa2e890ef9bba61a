import { describe, expect, it } from 'vitest';

import { isDeep, sampled } from '../helpers/sampled.ts';
import { combinations, nameOf, offline, plopStarts } from './combinations.ts';
import { runInstalled } from './doors.ts';
import { registryAnswers } from './registry.ts';

const online = await registryAnswers();
// Where no registry answers, what was packed is tested on the packages of this checkout alone.
const tested = online ? [...(isDeep ? [offline] : []), ...sampled(combinations, 1)] : [offline];

describe('installed from the tarball', () => {
  it.each(tested.map((combination) => ({ name: nameOf(combination), combination })))(
    '$name: works through every door',
    async ({ combination }) => {
      const run = await runInstalled(combination);
      const plop = plopStarts(combination) ? 'applied' : 'plop does not start';
      expect(run.doors).toEqual({ plop, bin: 'applied', API: 'applied', undo: 'as before' });
      if (combination.installer !== 'copied') {
        expect(run.nodeVersion).toMatch(new RegExp(`^v${String(combination.node)}\\.`));
      }
    },
  );
});
