import type { Edit, Plan } from '../_engine/model/plan.ts';
import type { RunAnswers } from '../_engine/model/generator.ts';
import { obstaclesOf } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { ServiceHead } from '../_engine/model/service.ts';
import { hashText } from '../_engine/record/hash.ts';
import { dirnameRel } from '../_engine/model/paths.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { type RecordedFile, revertHunks, type S2sRecord } from '../_engine/record/s2s-record.ts';
import { readRecord, writeRecord } from '../_engine/record/record.ts';
import { isEnvironment } from '../_engine/model/roles.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import {
  remainingServices,
  type Selected,
  selectRecorded,
  unknownGenerators,
  wantedFrom,
} from './select-recorded.ts';
import { findDecoratorUses, findImporters, keptDependencies, usedHunks } from './still-used.ts';
import { findForeignLines, revertFile, revertPatch } from './revert.ts';

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
  if (selected.length === 0) draft.note('Nothing is recorded in .s2s.json, so there is nothing to undo.');
  const heads = surveyHeads(repo);

  for (const one of selected.filter(({ whole }) => whole))
    take(draft, () => revertFile(repo, one, answers.force === true));
  const patched = selected.filter(({ whole }) => !whole);
  for (const one of patched.filter(({ file }) => !isEnvironment(file.role)))
    takePatches(draft, repo, one, heads);
  takeVariables(
    draft,
    patched.filter(({ file }) => isEnvironment(file.role)),
    heads,
  );

  const isGone = ({ path }: Selected): boolean => draft.repo.read(path) === undefined;
  const gone = new Set<string>(selected.filter(isGone).map(({ path }) => path));
  // A file that is refused as a whole keeps its imports: one reason is enough.
  const refused = new Set(draft.obstacles.map(({ at }) => at?.path));
  const users = [findImporters, findDecoratorUses].flatMap((find) => find(repo, draft.repo, heads, gone));
  draft.obstruct(...users.filter(({ at }) => !refused.has(at?.path)));
  const files = filesLeft(record, selected, repo, draft.repo);
  const services = remainingServices(record, wanted);
  if (draft.failed) return draft.finish();
  take(draft, () => writeRecord(repo, { schema: 1, services, files }));
  draft.obstruct(...(await findForeignLines(repo, draft.repo, selected, answers)));
  return draft.finish();
}

function takePatches(draft: Draft, repo: Repo, selected: Selected, heads: readonly ServiceHead[]): void {
  for (const patch of [...selected.patches].reverse())
    take(draft, () => revertPatch(draft.repo, selected, patch.hunks));
  if (selected.file.role !== 'manifest' || draft.failed) return;
  const kept = keptDependencies(repo, draft.repo, selected.path, heads, usedEarlier(selected));
  for (const { changes, note } of kept) {
    draft.patch(selected.path, 'manifest', changes);
    draft.note(note);
  }
}

/** What the user's code used before it was added: that is no reason to keep it. */
function usedEarlier({ patches }: Selected): ReadonlySet<string> {
  return new Set(patches.flatMap(({ usedBefore = [] }) => usedBefore));
}

/** Variables that other code reads by now stay where they are listed and declared. */
function takeVariables(draft: Draft, selected: readonly Selected[], heads: readonly ServiceHead[]): void {
  const except = new Set<string>(selected.map(({ path }) => path));
  for (const one of selected) {
    const readers = heads.filter(({ dir }) => isBelow(dir, dirnameRel(one.path)) || isBelow(one.path, dir));
    for (const { hunks } of [...one.patches].reverse()) {
      const used = usedHunks(draft.repo, hunks, readers, except, usedEarlier(one));
      for (const { name, path } of used.values())
        draft.note(`${name} stays in ${one.path}: ${path} uses it.`);
      const unused = hunks.filter((hunk) => !used.has(hunk));
      take(draft, () => revertPatch(draft.repo, one, unused));
    }
  }
}

function isBelow(path: string, dir: string): boolean {
  return dir === '' || path === dir || path.startsWith(`${dir}/`);
}

/** The record of the other files, and of what other generators changed in these. */
function filesLeft(
  { files }: S2sRecord,
  selected: readonly Selected[],
  before: Repo,
  after: Repo,
): S2sRecord['files'] {
  const left: Record<string, RecordedFile> = { ...files };
  for (const { path, file, patches, whole } of selected) {
    const others = (file.patches ?? []).filter((patch) => !patches.includes(patch));
    const text = after.read(path);
    const isKept = file.text === undefined ? others.length > 0 : !whole;
    if (!isKept || text === undefined) Reflect.deleteProperty(left, path);
    else {
      const isAsWritten = hashText(before.read(path) ?? '') === file.sha256;
      const sha256 = isAsWritten ? hashText(text) : file.sha256;
      left[path] = {
        ...withoutPatches(file, patches),
        sha256,
        ...(others.length > 0 && { patches: others }),
      };
    }
  }
  return left;
}

/** What is recorded of a file, its text as it was before these patches. */
function withoutPatches(file: RecordedFile, taken: Selected['patches']): RecordedFile {
  const { generator, role, sha256, text, version } = file;
  const head = { generator, role, version, sha256 };
  if (text === undefined) return head;
  const hunks = [...taken].reverse().map((patch) => patch.hunks);
  const reverted = hunks.reduce((base, own) => revertHunks(base, own).text, text.join('\n'));
  return { ...head, text: reverted.split('\n') };
}

/** Takes over one edit; its obstacles are collected when it is refused. */
function take(draft: Draft, revert: () => Edit | undefined): void {
  try {
    const edit = revert();
    if (edit !== undefined) draft.add(edit);
  } catch (error) {
    draft.obstruct(...obstaclesOf(error));
  }
}
