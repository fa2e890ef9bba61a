import { describe, expect, inject, it } from 'vitest';

import { seededRandom, shuffle } from '../helpers/random.ts';
import { combinations, nameOf, offline, plopStarts } from './combinations.ts';
import { runInstalled } from './doors.ts';
import { registryAnswers } from './registry.ts';

const deep = process.env['S2S_DEEP'] === '1';
const online = await registryAnswers();
const drawn = shuffle(combinations, seededRandom(inject('seed'))).slice(0, 1);
// Where no registry answers, what was packed is tested on the packages of this checkout alone.
const tested = online ? (deep ? [offline, ...combinations] : drawn) : [offline];

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
