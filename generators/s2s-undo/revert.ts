import { diffOf } from '../_engine/plan/diff.ts';
import type { Edit } from '../_engine/model/edit.ts';
import { withLineEndingsOf } from '../_engine/model/line-endings.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Role } from '../_engine/model/roles.ts';
import { editTowards } from '../_engine/repo/draft.ts';
import { proveEdit } from '../_engine/plan/prove.ts';
import { type Hunk, revertHunks } from '../_engine/record/s2s-record.ts';
import { changesBetween } from '../_engine/model/text-change.ts';
import type { Selected } from './select-recorded.ts';
import { withoutPackages } from './without-packages.ts';

/** Takes a generated file away; undefined when it is gone already. `force`: also when it was edited. */
export function revertFile(
  repo: Repo,
  { path, file }: Selected,
  force: boolean,
): Edit | Obstacle | undefined {
  const base = repo.read(path);
  if (base === undefined) return undefined;
  const ours = withLineEndingsOf(base, file.text?.join('\n') ?? '');
  if (base === ours) return { kind: 'delete', path, role: file.role, base };
  if (!isEdited(ours, base)) return notThere(path);
  if (force) return { kind: 'delete', path, role: file.role, base };
  const diff = diffOf(editsTowards(path, file.role, ours, base));
  return edited({ path }, diff, 'Save your version elsewhere, or delete it with --force.');
}

/** Takes hunks out of a file of the user's. */
export function revertPatch(
  repo: Repo,
  selected: Selected,
  hunks: readonly Hunk[],
): Edit | Obstacle | undefined {
  const { path, file } = selected;
  const base = repo.read(path);
  if (base === undefined) return undefined;
  if (file.text !== undefined && !isEdited(file.text.join('\n'), base)) return notThere(path);
  const reverted = revertHunks(base, hunks);
  const { text, blocked } = file.role === 'manifest' ? withoutPackages(reverted) : reverted;
  const [first] = blocked;
  if (first !== undefined) {
    const diff = blocked.map((one) => one.diff).join('\n');
    const remedy = 'Remove these lines by hand and run the command again.';
    return edited({ path, line: first.line }, diff, remedy);
  }
  if (file.text !== undefined) return editTowards(repo, path, file.role, text);
  // What was proven when it was put in is proven again, the other way round.
  return proveEdit(path, text, base, changesBetween(text, base)) ?? editTowards(repo, path, file.role, text);
}

/** What holds less than half of what was generated is somebody else's: neither shown nor let go. */
function isEdited(ours: string, base: string): boolean {
  const linesOf = (text: string): readonly string[] =>
    text.split('\n').flatMap((line) => (line.trim().length > 2 ? [line.trim()] : []));
  const now = new Set(linesOf(base));
  const old = linesOf(ours);
  return old.length > 0 && old.filter((line) => now.has(line)).length * 2 >= old.length;
}

function editsTowards(path: RelPath, role: Role, base: string, text: string): readonly Edit[] {
  return [{ kind: 'patch', path, role, base, changes: changesBetween(base, text) }];
}

function notThere(path: RelPath): Obstacle {
  return {
    code: 'E_FILE_EDITED',
    at: { path },
    message: `${path} differs from the record: less than half of the recorded lines are left.`,
    remedy: 'Delete the file by hand.',
  };
}

function edited(at: NonNullable<Obstacle['at']>, diff: string, remedy: string): Obstacle {
  return {
    code: 'E_FILE_EDITED',
    at,
    message: `${at.path} was edited: the recorded lines have changed.\n${shortened(diff)}`,
    remedy,
  };
}

/** Who reads a refusal wants to know what was edited, not the whole of it. */
const maxDiffLines = 20;

function shortened(diff: string): string {
  const lines = diff.trimEnd().split('\n');
  if (lines.length <= maxDiffLines + 1) return lines.join('\n');
  const left = lines.length - maxDiffLines;
  return [...lines.slice(0, maxDiffLines), `… ${String(left)} more lines`].join('\n');
}
