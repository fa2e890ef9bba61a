import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { readRecord, recordedText } from '../_engine/record/record.ts';
import { type HowToRun, recordedCalls, replay } from '../_engine/plan/replay.ts';
import type { Selected } from './select-recorded.ts';

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
  for (const call of recordedCalls(record)) {
    const replayed = await replay(call, after, 'mark', { format });
    if (replayed?.plan.ok === true) for (const { path } of replayed.plan.edits) unlike.add(path);
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
