import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { applyPatch, parsePatch } from 'diff';
import { expect, it } from 'vitest';

import { diffOf } from '../../../generators/_engine/plan/diff.ts';
import { toRel } from '../../../generators/_engine/model/paths.ts';
import { editTowards } from '../../../generators/_engine/repo/draft.ts';
import { openRepo } from '../../../generators/_engine/repo/repo.ts';
import type { Case } from '../../helpers/case.ts';
import { projectRoot } from '../../helpers/project-root.ts';

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
const changes = readFileSync(join(projectRoot, 'test/cases/add-s2s/npm-workspaces/changes.diff'), 'utf8');
const changed = ['src/app.ts', 'src/routes/users.routes.ts', 'package.json', '.env.example'];

it('shows the diff that add-s2s makes', () => {
  const repo = openRepo(join(projectRoot, 'fixtures/npm-workspaces'));
  const edits = changed.flatMap((file) => {
    const path = toRel(`services/user-service/${file}`);
    const patch = parsePatch(changes).find(({ oldFileName }) => oldFileName === `a/${path}`);
    const text = patch === undefined ? false : applyPatch(repo.read(path) ?? '', patch);
    const edit = text === false ? undefined : editTowards(repo, path, 'registration', text);
    return edit === undefined ? [] : [edit];
  });
  const shown = /```diff\n(.*?)```/su.exec(readme)?.[1];
  expect(edits).toHaveLength(changed.length);
  const diff = diffOf(edits).replaceAll(/^diff --git.*\n/gmu, '');
  // The formatter of the README takes the space of an empty line away.
  expect(shown).toBe(diff.replaceAll(/^ $/gmu, ''));
});

it('shows it for the command that the case runs', async () => {
  const { testCase } = (await import('../../cases/add-s2s/npm-workspaces/case.ts')) as { testCase: Case };
  const shown = /\$ npx plop add-s2s --target (\w+) --protect (\w+)\n/u.exec(readme);
  // The case has a second service as well; of the first it says the same.
  const [, target = '', , protect = ''] = testCase.args;
  expect([target.split(',')[0], protect.split(',')[0]]).toEqual([shown?.[1], shown?.[2]]);
});

it('names every script that it tells to run', () => {
  const { scripts } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const told = [...readme.matchAll(/npm run ([\w:]+)/gu)].map(([, name]) => name ?? '');
  expect(told.filter((name) => !(name in scripts))).toEqual([]);
});
