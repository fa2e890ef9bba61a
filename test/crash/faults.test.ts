import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type FileOperations, nodeFiles } from '../../generators/_engine/apply/file-operations.ts';
import { recover } from '../../generators/_engine/apply/recover.ts';
import { apply } from '../../plopfile.ts';
import { deleteGeneratedRepo } from '../helpers/generated-repo.ts';
import { isDeep, sampled } from '../helpers/sampled.ts';
import { type Counts, writeCounts } from './counts.ts';
import { runKilled } from './killed-run.ts';
import {
  findScenarioCases,
  openScenario,
  resetTo,
  type Scenario,
  scenariosOf,
  stateOf,
} from './scenarios.ts';

/** How many operations of a run fail, and are killed at; all of them in a deep run. */
const failures = isDeep ? Infinity : 8;
const kills = isDeep ? Infinity : 2;
/** Kills of a recovery, after a kill of the run. */
const killsAgain = isDeep ? 12 : 2;
/** Milliseconds: a deep run fails at each of some thousand operations in one test. */
const timeout = isDeep ? 3_600_000 : 60_000;

type Operation = keyof FileOperations;
type Run = (...args: readonly unknown[]) => unknown;
/** Stands before an operation; may run it, or a part of it, and throw. */
type Fault = (count: number, name: Operation, run: () => unknown, args: readonly unknown[]) => unknown;

/** The disk, with something that stands before each operation. */
function filesWith(fault: Fault): { readonly files: FileOperations; readonly count: () => number } {
  let count = 0;
  const wrapped = Object.entries(nodeFiles).map(([name, operation]) => {
    const step: Run = (...args) => {
      count += 1;
      return fault(count, name as Operation, () => (operation as Run)(...args), args);
    };
    return [name, step];
  });
  return { files: Object.fromEntries(wrapped) as FileOperations, count: () => count };
}

function full(): Error {
  return Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
}

const chosen = sampled(await findScenarioCases(), 1);
const pairs = chosen.flatMap((one) =>
  sampled(scenariosOf(one), 2).map((name) => ({ name, fixture: one.fixture, one })),
);

describe.each(pairs.map((pair, index) => ({ ...pair, index })))(
  '$name on $fixture',
  { timeout },
  ({ name, fixture, one, index }) => {
    const counts: Counts = { operations: 0, failed: 0, full: 0, dead: 0, killed: 0, killedTwice: 0 };
    let scenario: Scenario;
    let before: string;
    let after: string;
    let total: number;
    /** Numbers of operations, spread over all of them; each tree of a sampled run has others. */
    const spread = (count: number): readonly number[] => {
      const step = Math.max(1, Math.floor(total / count));
      const first = 1 + ((index * 17) % step);
      return Array.from({ length: Math.floor((total - first) / step) + 1 }, (_, at) => first + at * step);
    };

    beforeAll(async () => {
      scenario = await openScenario(name, one);
      resetTo(scenario.root, scenario.before);
      before = stateOf(scenario.root);
      const { files, count } = filesWith((_count, _name, run) => run());
      await apply(scenario.plan, scenario.root, { files });
      total = count();
      counts.operations = total;
      after = stateOf(scenario.root);
      expect(after).not.toBe(before);
      expect(total).toBeGreaterThan(20);
    });
    afterAll(() => {
      deleteGeneratedRepo(`crash-${name}-${fixture}`);
      if (isDeep) writeCounts({ fixture, change: name, ...counts });
    });

    function expectWhole(where: string): 'before' | 'after' {
      const state = stateOf(scenario.root);
      expect(state === before || state === after, where).toBe(true);
      return state === before ? 'before' : 'after';
    }

    it('leaves the tree as it was, whichever operation fails', async () => {
      for (const failAt of spread(failures)) {
        resetTo(scenario.root, scenario.before);
        const { files } = filesWith((count, operation, run, [file, bytes]) => {
          if (count !== failAt) return run();
          // A disk that is full takes a part of it.
          if (operation === 'write') nodeFiles.write(file as number, (bytes as Buffer).subarray(0, 10));
          throw full();
        });
        const outcome = await apply(scenario.plan, scenario.root, { files }).then(
          () => 'after',
          (error: unknown) => {
            expect(error).toMatchObject({ obstacles: [{ code: 'E_WRITE' }] });
            return 'before';
          },
        );
        expect(expectWhole(`operation ${String(failAt)} of ${String(total)}`)).toBe(outcome);
        counts.failed += 1;
      }
    });

    it.each([
      ['full', ['write', 'link', 'makeFolder', 'open']],
      ['dead', Object.keys(nodeFiles)],
    ] as const)('leaves the tree to be recovered when the disk stays %s', async (kind, failing) => {
      for (const failAt of spread(failures)) {
        resetTo(scenario.root, scenario.before);
        const { files } = filesWith((count, operation, run) => {
          if (count >= failAt && (failing as readonly string[]).includes(operation)) throw full();
          return run();
        });
        await apply(scenario.plan, scenario.root, { files }).catch((error: unknown) => {
          expect(error).toMatchObject({ obstacles: [{ code: 'E_WRITE' }] });
        });
        recover(scenario.root);
        expectWhole(`from operation ${String(failAt)} on`);
        counts[kind] += 1;
      }
    });

    it('takes a disk that takes half of what it is given', async () => {
      resetTo(scenario.root, scenario.before);
      const { files } = filesWith((_count, operation, run, [file, bytes]) => {
        const half = Math.ceil(((bytes as Buffer | undefined)?.length ?? 0) / 2);
        return operation === 'write'
          ? nodeFiles.write(file as number, (bytes as Buffer).subarray(0, half))
          : run();
      });
      await apply(scenario.plan, scenario.root, { files });
      expect(expectWhole('half writes')).toBe('after');
    });

    it('recovers to before or after, at whichever operation it is killed', async () => {
      const outcomes = new Set<string>();
      for (const killAt of spread(kills)) {
        resetTo(scenario.root, scenario.before);
        expect(await runKilled('apply', killAt, scenario)).toBe(true);
        recover(scenario.root);
        outcomes.add(expectWhole(`killed at ${String(killAt)}`));
        counts.killed += 1;
      }
      expect(outcomes).toContain('before');
    });

    it('recovers when the recovery is killed as well', async () => {
      const killAt = total - 20;
      for (const again of spread(killsAgain)) {
        resetTo(scenario.root, scenario.before);
        expect(await runKilled('apply', killAt, scenario)).toBe(true);
        const isKilled = await runKilled('recover', again, scenario);
        recover(scenario.root);
        expect(expectWhole(`killed at ${String(killAt)}, then at ${String(again)}`)).toBe('before');
        if (!isKilled) break;
        counts.killedTwice += 1;
      }
    });
  },
);
