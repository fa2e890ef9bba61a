import { diffOf } from '../_engine/plan/diff.ts';
import type { Edit } from '../_engine/model/plan.ts';
import { changesBetween, withLineEndingsOf } from '../_engine/model/text-change.ts';
import { type Obstacle, RefusalError } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { editTowards } from '../_engine/repo/draft.ts';
import { proveEdit } from '../_engine/plan/prove.ts';
import { hashCode } from '../_engine/record/hash.ts';
import type { GeneratedFile, Insertion } from '../_engine/record/s2s-record.ts';
import { takeOut } from '../_engine/record/take-out.ts';
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

/** Takes insertions out of a file of the user's. @throws RefusalError E_FILE_EDITED, E_PROOF */
export function revertPatches(
  repo: Repo,
  { file, path }: SelectedPatches,
  wanted: ReadonlySet<Insertion>,
): Edit | undefined {
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
  // What was proven when it was put in is proven again, the other way round.
  const damage = proveEdit(path, text, base, changesBetween(text, base));
  if (damage !== undefined) throw new RefusalError(damage);
  return editTowards(repo, path, file.role, text);
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
