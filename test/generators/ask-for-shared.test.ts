import { afterEach, beforeEach, expect, it } from 'vitest';

import { findGenerator } from '../../generators/_engine/generator/registry.ts';
import type { Answers } from '../../generators/_engine/model/generator.ts';
import { makePlan, type Planned } from '../../generators/_engine/plan/run.ts';
import { deleteGeneratedRepo, GeneratedRepo } from '../helpers/generated-repo.ts';

let repo: GeneratedRepo;
beforeEach(() => {
  repo = new GeneratedRepo('ask-for-shared');
});
afterEach(() => {
  deleteGeneratedRepo('ask-for-shared');
});

/** Plans with somebody at the terminal who gives one answer. */
async function planned(
  answer: string,
  given: Answers = {},
): Promise<Planned & { readonly asked: readonly string[] }> {
  const id = 'add-circuit-breaker';
  const generator = await findGenerator(id);
  if (generator === undefined) throw new Error('There is no such generator');
  const asked: string[] = [];
  const plan = await makePlan({
    ...{ id, generator, root: repo.root },
    given: { target: ['user'], format: false, ...given },
    ask: (key, _question, choices) => {
      asked.push(key, ...choices.map(({ value }) => value));
      return Promise.resolve(answer);
    },
  });
  return { ...plan, asked };
}

function foldersOf({ plan }: Planned): readonly string[] {
  return [...new Set(plan.edits.map(({ path }) => path.split('/').slice(0, 2).join('/')))].sort();
}

it('asks on a terminal where code would be copied, and plans what is answered', async () => {
  const shared = await planned('packages/s2s');
  expect(shared.asked).toEqual(['shared', 'none', 'packages/s2s']);
  expect(foldersOf(shared)).toContain('packages/s2s');
  expect(shared.flags).toContain('--shared packages/s2s');
  const copied = await planned('none');
  expect(foldersOf(copied)).toEqual(['services/user-service']);
  expect(copied.flags).toContain('--shared none');
  expect(copied.plan.notes.filter((note) => note.includes('--shared'))).toEqual([]);
});

it('does not ask again, nor for what was given, nor for a preview', async () => {
  expect((await planned('none', { dryRun: true })).asked).toEqual([]);
  expect((await planned('none', { shared: 'lib/s2s' })).asked).toEqual([]);
  await repo.run('add-circuit-breaker --target user');
  expect((await planned('packages/s2s')).asked).toEqual([]);
});
