import { diffOf } from '../_engine/plan/diff.ts';
import type { Edit } from '../_engine/model/plan.ts';
import { withLineEndingsOf } from '../_engine/model/line-endings.ts';
import { ignoreRefusal, type Obstacle, RefusalError } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Role } from '../_engine/model/roles.ts';
import { editTowards } from '../_engine/repo/draft.ts';
import { proveEdit } from '../_engine/plan/prove.ts';
import { type Hunk, type Reverted, revertHunks } from '../_engine/record/s2s-record.ts';
import { changesBetween } from '../_engine/model/text-change.ts';
import type { Selected } from './select-recorded.ts';
import { readRecord, recordedText } from '../_engine/record/record.ts';
import { type HowToRun, recordedCalls, replay } from '../_engine/plan/replay.ts';
import { dropDependency } from '../_engine/edit/ensure-dependency.ts';

/**
 * Deletes a generated file; undefined when it is gone already. `force`: also when it was edited.
 * @throws RefusalError E_FILE_EDITED
 */
export function revertFile(repo: Repo, { path, file }: Selected, force: boolean): Edit | undefined {
  const base = repo.read(path);
  if (base === undefined) return undefined;
  const ours = withLineEndingsOf(base, file.text?.join('\n') ?? '');
  if (base === ours) return { kind: 'delete', path, role: file.role, base };
  if (!isEdited(ours, base)) throw notThere(path);
  if (force) return { kind: 'delete', path, role: file.role, base };
  const diff = diffOf(editsTowards(path, file.role, ours, base));
  throw edited({ path }, diff, 'Save your version elsewhere, or delete it with --force.');
}

/** Takes hunks out of a file of the user's. @throws RefusalError E_FILE_EDITED, E_PROOF */
export function revertPatch(repo: Repo, selected: Selected, hunks: readonly Hunk[]): Edit | undefined {
  const { path, file } = selected;
  const base = repo.read(path);
  if (base === undefined) return undefined;
  if (file.text !== undefined && !isEdited(file.text.join('\n'), base)) throw notThere(path);
  const reverted = revertHunks(base, hunks);
  const { text, blocked } = file.role === 'manifest' ? withoutPackages(reverted) : reverted;
  const [first] = blocked;
  if (first !== undefined) {
    const diff = blocked.map((one) => one.diff).join('\n');
    const remedy = 'Remove these lines by hand and run the command again.';
    throw edited({ path, line: first.line }, diff, remedy);
  }
  // What was proven when it was put in is proven again, the other way round.
  const damage = file.text === undefined && proveEdit(path, text, base, changesBetween(text, base));
  if (damage) throw new RefusalError(damage);
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

function editsTowards(path: RelPath, role: Role, base: string, text: string): readonly Edit[] {
  return [{ kind: 'patch', path, role, base, changes: changesBetween(base, text) }];
}

function notThere(path: RelPath): RefusalError {
  return new RefusalError({
    code: 'E_FILE_EDITED',
    at: { path },
    message: `${path} differs from the record: less than half of the recorded lines are left.`,
    remedy: 'Delete the file by hand.',
  });
}

function edited(at: NonNullable<Obstacle['at']>, diff: string, remedy: string): RefusalError {
  return new RefusalError({
    code: 'E_FILE_EDITED',
    at,
    message: `${at.path} was edited: the recorded lines have changed.\n${shortened(diff)}`,
    remedy,
  });
}

/**
 * One obstacle for each generated file that gets lines back which the runs that stay would not write there today: what
 * stands in the record alone may be anybody's code. `after` is the repo as the undo would leave it.
 */
export async function findForeignLines(
  before: Repo,
  after: Repo,
  selected: readonly Selected[],
  { format }: HowToRun,
): Promise<readonly Obstacle[]> {
  const shared = selected.filter(({ file, whole }) => file.text !== undefined && !whole);
  const record = readRecord(after);
  const suspects = shared.map(({ path }) => path).filter((path) => getsLines(before, after, path, ''));
  if (suspects.length === 0) return [];
  const unlike = new Set<string>();
  for (const call of await recordedCalls(record)) {
    const plan = await replay(call, after, 'mark', { format }).catch(ignoreRefusal);
    for (const { path } of plan?.edits ?? []) unlike.add(path);
  }
  return suspects
    .filter((path) => unlike.has(path) || getsLines(before, after, path, recordedText(record, path) ?? ''))
    .map(foreignLines);
}

/** Undoing puts lines into a file that are neither there now nor in `known`. */
function getsLines(before: Repo, after: Repo, path: RelPath, known: string): boolean {
  const linesOf = (text = ''): readonly string[] => text.split('\n').map((line) => line.trim());
  const old = new Set([...linesOf(before.read(path)), ...linesOf(known)]);
  return linesOf(after.read(path)).some((line) => !old.has(line));
}

function foreignLines(path: RelPath): Obstacle {
  return {
    code: 'E_RECORD',
    at: { path: '.s2s.json' },
    message: `Undoing this would add lines of .s2s.json to ${path} that current templates do not render.`,
    remedy: 'Run s2s-upgrade first. If it changes nothing, restore .s2s.json from a trusted commit.',
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

/**
 * Takes the packages that were added out of a package.json also where an update has given them another version, or
 * their neighbours have changed. As it is when that is not all that is left.
 */
function withoutPackages(reverted: Reverted): Reverted {
  let { text } = reverted;
  for (const { hunk } of reverted.blocked) {
    const namesIn = (sign: string): readonly string[] =>
      hunk.lines
        .filter((line) => line.startsWith(sign))
        .flatMap((line) => /^.\s*"([^"]+)"\s*:\s*"/.exec(line)?.[1] ?? []);
    const before = namesIn('-');
    for (const name of namesIn('+').filter((one) => !before.includes(one))) {
      const next = dropDependency(text, name);
      if (next === undefined) return reverted;
      text = next;
    }
  }
  return { text, blocked: [] };
}
