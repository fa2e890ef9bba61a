import { diffOf } from '../_engine/plan/diff.ts';
import type { Edit } from '../_engine/model/plan.ts';
import { changesBetween, withLineEndingsOf } from '../_engine/model/text-change.ts';
import type { Answers } from '../_engine/model/generator.ts';
import { ignoreRefusal, type Obstacle, RefusalError } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { editTowards, overlay } from '../_engine/repo/draft.ts';
import { proveEdit } from '../_engine/plan/prove.ts';
import { type RecordedCall, recordedCalls } from '../_engine/plan/recorded-calls.ts';
import { replay } from '../_engine/plan/replay.ts';
import { hashCode, isSameCode } from '../_engine/record/hash.ts';
import { readRecord } from '../_engine/record/record.ts';
import type { GeneratedFile, Insertion } from '../_engine/record/s2s-record.ts';
import { rewrites } from '../_engine/record/insertions.ts';
import { takeOut } from '../_engine/record/take-out.ts';
import { textAfter } from '../_engine/repo/repo.ts';
import type { SelectedPatches } from './select-recorded.ts';

/**
 * Deletes a generated file; undefined when it is gone already. `base`: the text it was generated with, where it can be
 * rebuilt; `force`: also when it was edited. @throws RefusalError E_FILE_EDITED
 */
export function revertFile(
  repo: Repo,
  path: RelPath,
  { hash, role }: GeneratedFile,
  { base, force }: Readonly<{ base: string | undefined; force: boolean }>,
): Edit | undefined {
  const text = repo.read(path);
  if (text === undefined) return undefined;
  if (hashCode(path, text) === hash) return { kind: 'delete', path, role, base: text };
  if (base === undefined) throw new RefusalError(unknownText(path));
  if (!isEdited(base, text)) throw new RefusalError(notThere(path));
  if (force) return { kind: 'delete', path, role, base: text };
  const ours = withLineEndingsOf(text, base);
  const diff = diffOf([{ kind: 'patch', path, role, base: ours, changes: changesBetween(ours, text) }]);
  throw edited({ path }, diff, 'Save your version elsewhere, or delete it with --force.');
}

/**
 * Takes insertions out of a file of the user's; code that was rewritten comes back where the recorded runs, asked again,
 * would write the very text that is there now. @throws RefusalError E_FILE_EDITED, E_PROOF
 */
export async function revertPatches(
  repo: Repo,
  { file, path }: SelectedPatches,
  wanted: ReadonlySet<Insertion>,
): Promise<Edit | undefined> {
  const base = repo.read(path);
  if (base === undefined) return undefined;
  const all = file.patches.flatMap((patch) => patch.insertions);
  const { text, blocked } = takeOut(path, base, all, wanted);
  const [first] = blocked;
  if (first !== undefined) {
    const diff = blocked.map((one) => one.diff).join('\n');
    const remedy = 'Remove these lines by hand and run the command again.';
    throw edited({ path, line: first.line }, diff, remedy);
  }
  const isCreated = file.role === 'attributes' || file.role === 'manifest';
  if (isCreated && text === '') return { kind: 'delete', path, role: file.role, base };
  const rewriting = new Set([...wanted].filter(rewrites));
  const rewritten = rewriting.size === 0 ? base : takeOut(path, base, all, rewriting).text;
  const isProven = rewritten === base || (await isWrittenAgain(repo, path, file, rewritten));
  // What was proven when it was put in is proven again, the other way round.
  const proven = isProven ? rewritten : base;
  const damage = proveEdit(path, text, proven, changesBetween(text, proven));
  if (damage !== undefined) throw new RefusalError(damage);
  return editTowards(repo, path, file.role, text);
}

/** Whether the runs that patched a file make of `text` what it is now: no other code is ever put back. */
async function isWrittenAgain(
  repo: Repo,
  path: RelPath,
  { patches, role }: SelectedPatches['file'],
  text: string,
): Promise<boolean> {
  const edit = editTowards(repo, path, role, text);
  const before = edit === undefined ? repo : overlay(repo, [edit]);
  const generators = new Set(patches.map(({ generator }) => generator));
  const calls = (await recordedCalls(readRecord(repo))).filter(({ id }) => generators.has(id));
  const now = repo.read(path) ?? '';
  for (const call of calls) {
    const again = await replay(call, before, 'mark', onceAnswers(call)).catch(ignoreRefusal);
    const made = again?.edits.find((one) => one.path === path);
    if (made !== undefined && isSameCode(path, textAfter(made) ?? '', now)) return true;
  }
  return false;
}

function onceAnswers({ generator }: RecordedCall): Answers {
  const questions = Object.entries(generator?.questions ?? {});
  return Object.fromEntries(questions.flatMap(([key, { once }]) => (once === true ? [[key, true]] : [])));
}

/** What holds less than half of what was generated is somebody else's: neither shown nor let go. */
function isEdited(ours: string, base: string): boolean {
  const linesOf = (text: string): readonly string[] =>
    text.split('\n').flatMap((line) => (line.trim().length > 2 ? [line.trim()] : []));
  const now = new Set(linesOf(base));
  const old = linesOf(ours);
  return old.length > 0 && old.filter((line) => now.has(line)).length * 2 >= old.length;
}

function notThere(path: RelPath): Obstacle {
  return {
    code: 'E_FILE_EDITED',
    at: { path },
    message: `${path} differs from the record: less than half of the generated lines are left.`,
    remedy: 'Delete the file by hand.',
  };
}

function unknownText(path: RelPath): Obstacle {
  return {
    code: 'E_FILE_EDITED',
    at: { path },
    message: `${path} differs from the record, and the text that it was generated with cannot be rebuilt.`,
    remedy: 'Delete the file by hand.',
  };
}

function edited(at: NonNullable<Obstacle['at']>, diff: string, remedy: string): RefusalError {
  return new RefusalError({
    code: 'E_FILE_EDITED',
    at,
    message: `${at.path} was edited: the recorded lines have changed.\n${shortened(diff)}`,
    remedy,
  });
}

/** Who reads a refusal wants to know what was edited, not the whole of it. */
const maxDiffLines = 20;

function shortened(diff: string): string {
  const lines = diff.trimEnd().split('\n');
  if (lines.length <= maxDiffLines + 1) return lines.join('\n');
  const left = lines.length - maxDiffLines;
  return [...lines.slice(0, maxDiffLines), `… ${String(left)} more lines`].join('\n');
}
