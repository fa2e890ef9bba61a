import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';

import { findGenerator } from '../../generators/_engine/generator/registry.ts';
import type { Edit, Plan } from '../../generators/_engine/model/plan.ts';
import type { Repo } from '../../generators/_engine/model/repo.ts';
import { parseFlags } from '../../generators/_engine/generator/options.ts';
import { textAfter } from '../../generators/_engine/repo/repo.ts';
import { makePlan } from '../../generators/_engine/plan/run.ts';
import { parseSource, syntaxErrors } from '../../generators/_engine/syntax/tree.ts';
import { memoryRepo } from '../engine/repo/memory-repo.ts';
import { isDeep } from '../helpers/sampled.ts';
import { printApp } from './print-app.ts';
import { randomApp } from './random-app.ts';
import { undone } from './undone.ts';

const generators = [
  'add-auth-verify',
  'add-circuit-breaker',
  'add-service-client',
  'add-auth-middleware',
] as const;
const apps = isDeep ? 1_000 : 15;

async function planOn(generator: string, repo: Repo): Promise<Plan> {
  const found = await findGenerator(generator);
  if (found === undefined) throw new Error(`There is no generator ${generator}`);
  const flags = [
    ...(generator === 's2s-undo' ? [] : ['--target', 'random-service']),
    '--yes',
    '--allow-dirty',
    ...(generator === 'add-auth-middleware' ? ['--protect', 'none'] : []),
  ];
  const given = parseFlags(found.questions, flags);
  return (await makePlan({ id: generator, generator: found, given, root: repo.root }, repo)).plan;
}

/** The files with a plan over them. */
function withPlan(files: Readonly<Record<string, string>>, { edits }: Plan): Record<string, string> {
  const after = { ...files };
  for (const edit of edits) {
    const text = textAfter(edit);
    if (text === undefined) Reflect.deleteProperty(after, edit.path);
    else after[edit.path] = text;
  }
  return after;
}

/** What was there is there still: only insertions, and taking them out gives the file back. */
function expectOnlyInsertions(edit: Edit): void {
  if (edit.kind !== 'patch' || edit.role === 'record') return;
  if (edit.path.endsWith('.ts')) for (const { start, end } of edit.changes) expect(end).toBe(start);
  expect(undone(edit.base, edit.changes)).toBe(edit.base);
}

describe('every generator on random services', () => {
  it(
    `keeps what is there, parses, changes nothing the second time and is taken back, over ${String(apps)} services`,
    { timeout: 3_600_000 },
    async () => {
      const order = fc.shuffledSubarray([...generators], { minLength: 1 });
      await fc.assert(
        fc.asyncProperty(randomApp, order, async (app, wanted) => {
          let files: Record<string, string> = { ...printApp(app) };
          for (const generator of wanted) {
            if (generator === 'add-auth-verify' && !app.signs) continue;
            const plan = await planOn(generator, memoryRepo(files));
            for (const edit of plan.edits) {
              expectOnlyInsertions(edit);
              const text = textAfter(edit) ?? '';
              if (edit.path.endsWith('.ts')) expect(syntaxErrors(parseSource(edit.path, text))).toEqual([]);
            }
            files = withPlan(files, plan);
            const again = await planOn(generator, memoryRepo(files));
            expect(again.edits.map(({ path }) => path)).toEqual([]);
          }
          expect(withPlan(files, await planOn('s2s-undo', memoryRepo(files)))).toEqual(printApp(app));
        }),
        { numRuns: apps, seed: inject('seed') },
      );
    },
  );
});
