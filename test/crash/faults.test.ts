import { execa } from 'execa';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type FileOperations, nodeFiles } from '../../generators/_engine/file-operations.ts';
import { recover } from '../../generators/_engine/recover.ts';
import { apply } from '../../plopfile.ts';
import { deleteGeneratedRepo } from '../helpers/generated-repo.ts';
import { projectRoot } from '../helpers/project-root.ts';
import {
  openScenario,
  resetTo,
  type Scenario,
  scenarioFixtures,
  scenarioNames,
  stateOf,
} from './scenarios.ts';

const deep = process.env['S2S_DEEP'] === '1';
/** How many operations of a run fail, and are killed at; all of them in a deep run. */
const failures = deep ? Infinity : 12;
const kills = deep ? Infinity : 3;

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

/** Runs in a process of its own, which kills itself before the operation of that number. */
const killed = (killAt: number, run: 'apply' | 'recover'): string => `
import { readFileSync } from 'node:fs';
const engine = ${JSON.stringify(pathToFileURL(join(projectRoot, 'dist/generators/_engine/')).href)};
const { ${run} } = await import(engine + '${run}.js');
const { nodeFiles } = await import(engine + 'file-operations.js');
let count = 0;
const files = Object.fromEntries(Object.entries(nodeFiles).map(([name, operation]) => [name, (...args) => {
  count += 1;
  if (count !== ${String(killAt)}) return operation(...args);
  if (name === 'write') operation(args[0], args[1].subarray(0, args[1].length / 2));
  process.kill(process.pid, 'SIGKILL');
}]));
const root = process.env.ROOT;
if ('${run}' === 'apply') await apply(JSON.parse(readFileSync(0, 'utf8')), root, { files });
else recover(root, { files });
process.stdout.write(String(count));
`;

const counts = { failed: 0, dead: 0, full: 0, killed: 0, killedTwice: 0 };
afterAll(() => {
  if (deep) console.info(`Faults injected, and trees whole after each: ${JSON.stringify(counts)}`);
});

const pairs = scenarioNames.flatMap((name) => scenarioFixtures.map((fixture) => ({ name, fixture })));

describe.each(pairs.map((pair, index) => ({ ...pair, index })))(
  '$name on $fixture',
  ({ name, fixture, index }) => {
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
      scenario = await openScenario(name, fixture);
      resetTo(scenario.root, scenario.before);
      before = stateOf(scenario.root);
      const { files, count } = filesWith((_count, _name, run) => run());
      await apply(scenario.plan, scenario.root, { files });
      total = count();
      after = stateOf(scenario.root);
      expect(after).not.toBe(before);
      expect(total).toBeGreaterThan(50);
    });
    afterAll(() => {
      deleteGeneratedRepo(`crash-${name}-${fixture}`);
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

    async function runKilled(killAt: number, run: 'apply' | 'recover'): Promise<boolean> {
      const result = await execa(process.execPath, ['--input-type=module', '-e', killed(killAt, run)], {
        input: JSON.stringify(scenario.plan),
        env: { ROOT: scenario.root },
        reject: false,
      });
      expect(result.signal === 'SIGKILL' || result.exitCode === 0, result.stderr).toBe(true);
      return result.signal === 'SIGKILL';
    }

    it(
      'recovers to before or after, at whichever operation it is killed',
      { timeout: 1_200_000 },
      async () => {
        const outcomes = new Set<string>();
        for (const killAt of spread(kills)) {
          resetTo(scenario.root, scenario.before);
          expect(await runKilled(killAt, 'apply')).toBe(true);
          recover(scenario.root);
          outcomes.add(expectWhole(`killed at ${String(killAt)}`));
          counts.killed += 1;
        }
        expect(outcomes).toContain('before');
      },
    );

    it('recovers when the recovery is killed as well', { timeout: 1_200_000 }, async () => {
      const killAt = total - 20;
      for (const again of spread(kills)) {
        resetTo(scenario.root, scenario.before);
        expect(await runKilled(killAt, 'apply')).toBe(true);
        const isKilled = await runKilled(again, 'recover');
        recover(scenario.root);
        expect(expectWhole(`killed at ${String(killAt)}, then at ${String(again)}`)).toBe('before');
        if (!isKilled) break;
        counts.killedTwice += 1;
      }
    });
  },
);
