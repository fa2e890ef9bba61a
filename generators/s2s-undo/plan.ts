import type { Edit, Plan } from '../_engine/model/plan.ts';
import type { RunAnswers } from '../_engine/model/generator.ts';
import { obstaclesOf } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { ServiceHead } from '../_engine/model/service.ts';
import { dirnameRel, type RelPath } from '../_engine/model/paths.ts';
import { rebuildTexts } from '../_engine/plan/merge-base.ts';
import { hashCode } from '../_engine/record/hash.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { readRecord } from '../_engine/record/record.ts';
import { isEnvironment } from '../_engine/model/roles.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import {
  type Selected,
  type SelectedPatches,
  selectRecorded,
  unknownGenerators,
  wantedFrom,
  withoutSelected,
} from './select-recorded.ts';
import {
  findDecoratorUses,
  findImporters,
  keptDependencies,
  usedInsertions,
} from '../_engine/record/still-used.ts';
import { revertFile, revertPatches } from './revert.ts';
import { revertShared } from './revert-shared.ts';

export interface UndoAnswers extends RunAnswers {
  readonly generator: readonly string[] | undefined;
  readonly recover: boolean;
}

/** Reverts recorded output. What other code uses by now stays, with a note; a file that is in use is an obstacle. */
export async function planUndo(answers: UndoAnswers, repo: Repo): Promise<Plan> {
  const draft = openDraft(repo);
  if (answers.recover) return draft.finish();
  const record = readRecord(repo);
  const wanted = wantedFrom(answers);
  draft.obstruct(...unknownGenerators(record, wanted));
  const selected = selectRecorded(record, wanted);
  const isNothing = Object.values(selected).every((part: readonly unknown[]) => part.length === 0);
  if (isNothing) draft.note('Nothing is recorded in .s2s.json, so there is nothing to undo.');
  const heads = surveyHeads(repo);

  await takeFiles(draft, repo, selected, answers);
  const isVariables = ({ file }: SelectedPatches): boolean => isEnvironment(file.role);
  for (const one of selected.patched.filter((each) => !isVariables(each)))
    await takePatches(draft, repo, one, heads);
  await takeVariables(draft, selected.patched.filter(isVariables), heads);

  const paths = [...selected.files.map(([path]) => path), ...selected.patched.map(({ path }) => path)];
  const gone = new Set<string>(paths.filter((path) => draft.repo.read(path) === undefined));
  const shared = selected.shared.map(([path]) => path);
  if (!draft.failed) {
    const left = withoutSelected(record, selected, wanted);
    await revertShared({ draft, repo, left, shared }, answers);
  }
  // A file that is refused as a whole, or not rendered again, keeps its imports: one reason is enough.
  const kept = new Set([...draft.obstacles.map(({ at }) => at?.path), ...(draft.failed ? shared : [])]);
  const users = [findImporters, findDecoratorUses].flatMap((find) => find(repo, draft.repo, heads, gone));
  draft.obstruct(...users.filter(({ at }) => !kept.has(at?.path)));
  return draft.finish();
}

/** Deletes the generated files; those that were edited are compared with what was generated. */
async function takeFiles(
  draft: Draft,
  repo: Repo,
  { files }: Selected,
  { force, format }: RunAnswers,
): Promise<void> {
  const isEdited = (path: RelPath, hash: string): boolean => {
    const text = repo.read(path);
    return text !== undefined && hashCode(path, text) !== hash;
  };
  const edited = files.filter(([path, { hash }]) => isEdited(path, hash)).map(([path]) => path);
  const bases =
    edited.length === 0 ? new Map<RelPath, string>() : await rebuildTexts(repo, edited, { format });
  for (const [path, file] of files)
    await take(draft, () => revertFile(repo, path, file, { base: bases.get(path), force: force === true }));
}

async function takePatches(
  draft: Draft,
  repo: Repo,
  selected: SelectedPatches,
  heads: readonly ServiceHead[],
): Promise<void> {
  const insertions = new Set(selected.patches.flatMap((patch) => patch.insertions));
  await take(draft, () => revertPatches(draft.repo, selected, insertions));
  if (selected.file.role !== 'manifest' || draft.failed) return;
  const kept = keptDependencies(repo, draft.repo, selected.path, heads, usedEarlier(selected));
  for (const { changes, note } of kept) {
    draft.patch(selected.path, 'manifest', changes);
    draft.note(note);
  }
}

/** What the user's code used before it was added: that is no reason to keep it. */
function usedEarlier({ patches }: SelectedPatches): ReadonlySet<string> {
  return new Set(patches.flatMap(({ usedBefore }) => usedBefore));
}

/** Variables that other code reads by now stay where they are listed and declared. */
async function takeVariables(
  draft: Draft,
  selected: readonly SelectedPatches[],
  heads: readonly ServiceHead[],
): Promise<void> {
  const except = new Set<string>(selected.map(({ path }) => path));
  for (const one of selected) {
    const readers = heads.filter(({ dir }) => isBelow(dir, dirnameRel(one.path)) || isBelow(one.path, dir));
    const insertions = one.patches.flatMap((patch) => patch.insertions);
    const used = usedInsertions(draft.repo, insertions, readers, except, usedEarlier(one));
    for (const { name, path } of used.values()) draft.note(`${name} stays in ${one.path}: ${path} uses it.`);
    const unused = new Set(insertions.filter((insertion) => !used.has(insertion)));
    await take(draft, () => revertPatches(draft.repo, one, unused));
  }
}

function isBelow(path: string, dir: string): boolean {
  return dir === '' || path === dir || path.startsWith(`${dir}/`);
}

/** Takes over one edit; its obstacles are collected when it is refused. */
async function take(draft: Draft, revert: () => Edit | undefined | Promise<Edit | undefined>): Promise<void> {
  try {
    const edit = await revert();
    if (edit !== undefined) draft.add(edit);
  } catch (error) {
    draft.obstruct(...obstaclesOf(error));
  }
}
