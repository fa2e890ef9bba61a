import { execa } from 'execa';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type FileOperations, nodeFiles } from '../../generators/_engine/file-operations.ts';
import { recover } from '../../generators/_engine/journal.ts';
import { apply } from '../../plopfile.ts';
import { fixtures, type FixtureName } from '../helpers/fixtures.ts';
import { deleteGeneratedRepo } from '../helpers/generated-repo.ts';
import { projectRoot } from '../helpers/project-root.ts';
import { openScenario, resetTo, type Scenario, scenarioNames, stateOf } from './scenarios.ts';

const deep = process.env['S2S_DEEP'] === '1';
/** Every how manyth operation fails, and is killed at; all of them in a deep run. */
const failStep = deep ? 1 : 5;
const killStep = deep ? 1 : 20;

type Fault = (count: number, name: keyof FileOperations) => void;

/** The disk, with something that happens before each operation. */
function filesWith(fault: Fault): { readonly files: FileOperations; readonly count: () => number } {
  let count = 0;
  const wrapped = Object.entries(nodeFiles).map(([name, operation]) => {
    const step = (...args: readonly unknown[]): unknown => {
      count += 1;
      fault(count, name as keyof FileOperations);
      return (operation as (...given: readonly unknown[]) => unknown)(...args);
    };
    return [name, step];
  });
  return { files: Object.fromEntries(wrapped) as FileOperations, count: () => count };
}

function full(): Error {
  return Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
}

const killed = (killAt: number): string => `
import { readFileSync } from 'node:fs';
const engine = ${JSON.stringify(pathToFileURL(join(projectRoot, 'dist/generators/_engine/')).href)};
const { apply } = await import(engine + 'apply.js');
const { nodeFiles } = await import(engine + 'file-operations.js');
let count = 0;
const files = Object.fromEntries(Object.entries(nodeFiles).map(([name, operation]) => [name, (...args) => {
  count += 1;
  if (count === ${String(killAt)}) process.kill(process.pid, 'SIGKILL');
  return operation(...args);
}]));
await apply(JSON.parse(readFileSync(0, 'utf8')), process.env.ROOT, { files });
`;

const pairs = scenarioNames.flatMap((name) =>
  (Object.keys(fixtures) as FixtureName[]).map((fixture) => ({ name, fixture })),
);

describe.each(pairs)('$name on $fixture', ({ name, fixture }) => {
  let scenario: Scenario;
  let before: string;
  let after: string;
  let total: number;

  beforeAll(async () => {
    scenario = await openScenario(name, fixture);
    after = stateOf(scenario.root);
    resetTo(scenario.root, scenario.before);
    before = stateOf(scenario.root);
    const { files, count } = filesWith(() => undefined);
    await apply(scenario.plan, scenario.root, { files });
    total = count();
    expect(stateOf(scenario.root)).toBe(after);
  });
  afterAll(() => {
    deleteGeneratedRepo(`crash-${name}-${fixture}`);
  });

  it('leaves the tree as it was, whichever operation fails', async () => {
    expect(total).toBeGreaterThan(10);
    // The last operation syncs the folder after the journal is gone: the change is final by then.
    for (let failAt = 1; failAt < total; failAt += failStep) {
      resetTo(scenario.root, scenario.before);
      const { files } = filesWith((count) => {
        if (count === failAt) throw full();
      });
      await expect(apply(scenario.plan, scenario.root, { files })).rejects.toMatchObject({
        obstacles: [{ code: 'E_WRITE' }],
      });
      expect(stateOf(scenario.root) === before, `operation ${String(failAt)} of ${String(total)}`).toBe(true);
    }
  });

  it('leaves the tree as it was, or to be recovered, when the disk stays full', async () => {
    const needSpace: readonly string[] = ['writeSynced', 'link', 'makeFolder'];
    for (let failAt = 1; failAt < total; failAt += failStep) {
      resetTo(scenario.root, scenario.before);
      const { files } = filesWith((count, operation) => {
        if (count >= failAt && needSpace.includes(operation)) throw full();
      });
      await apply(scenario.plan, scenario.root, { files }).catch((error: unknown) => {
        expect(error).toMatchObject({ obstacles: [{ code: 'E_WRITE' }] });
      });
      recover(scenario.root);
      const state = stateOf(scenario.root);
      expect(state === before || state === after, `from operation ${String(failAt)} on`).toBe(true);
    }
  });

  it('recovers to before or after, at whichever operation it is killed', { timeout: 600_000 }, async () => {
    const outcomes = new Set<string>();
    for (let killAt = 1; killAt <= total; killAt += killStep) {
      resetTo(scenario.root, scenario.before);
      const run = await execa(process.execPath, ['--input-type=module', '-e', killed(killAt)], {
        input: JSON.stringify(scenario.plan),
        env: { ROOT: scenario.root },
        reject: false,
      });
      expect(run.signal, run.stderr).toBe('SIGKILL');
      recover(scenario.root);
      const state = stateOf(scenario.root);
      expect(state === before || state === after, `killed at ${String(killAt)}`).toBe(true);
      outcomes.add(state === before ? 'before' : 'after');
    }
    expect(outcomes).toContain('before');
  });
});
