import { expect, it } from 'vitest';

import { findGenerator } from '../../../generators/_engine/generator/registry.ts';
import type { Answers } from '../../../generators/_engine/model/generator.ts';
import type { Plan } from '../../../generators/_engine/model/plan.ts';
import type { Repo } from '../../../generators/_engine/model/repo.ts';
import { hashCode } from '../../../generators/_engine/record/hash.ts';
import { overlay } from '../../../generators/_engine/repo/draft.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { makePlan } from '../../../generators/_engine/plan/run.ts';
import { memoryRepo } from '../repo/memory-repo.ts';

const before = 'The new code is not formatted';
const repo = memoryRepo({
  'package.json': JSON.stringify({
    name: 'user',
    dependencies: { fastify: '^5.0.0' },
    devDependencies: { prettier: '^3.0.0' },
  }),
  '.prettierrc': '{}',
  'tsconfig.json': '{}',
  'src/app.ts':
    "import fastify from 'fastify';\n\nconst app = fastify();\n\nvoid app.listen({ port: 3000 });\n",
});

async function preview(on: Repo, id: string, answers: Answers): Promise<Plan> {
  const generator = await findGenerator(id);
  if (generator === undefined) throw new Error(`no ${id}`);
  const given = { ...answers, dryRun: true, allowDirty: true };
  return (await makePlan({ id, generator, given, root: on.root }, on)).plan;
}

it('says in a preview of an upgrade, as in others, that the text is not formatted', async () => {
  const first = await preview(repo, 'add-circuit-breaker', { target: ['user'] });
  expect(first.notes).toContainEqual(expect.stringContaining(before));
  const added = overlay(repo, first.edits);
  expect((await preview(added, 's2s-upgrade', {})).notes).not.toContainEqual(expect.stringContaining(before));

  // As an older template had it.
  const path = 'src/utils/circuit-breaker.ts';
  const now = added.read(toRel(path)) ?? '';
  const older = now.replaceAll('CircuitOpenError', 'OpenError');
  const record = (added.read(toRel('.s2s.json')) ?? '').replace(hashCode(path, now), hashCode(path, older));
  const outdated = overlay(added, [
    { kind: 'create', path: toRel(path), role: 'source', text: older },
    { kind: 'create', path: toRel('.s2s.json'), role: 'record', text: record },
  ]);
  const upgrade = await preview(outdated, 's2s-upgrade', {});
  expect(upgrade.edits.map(({ path }) => path)).toContain('src/utils/circuit-breaker.ts');
  expect(upgrade.notes.filter((note) => note.includes(before))).toHaveLength(1);
});
