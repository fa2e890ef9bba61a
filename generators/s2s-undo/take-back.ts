import { diffOf } from '../_engine/diff.ts';
import type { Edit, Obstacle, RelPath, Repo, Role } from '../_engine/contract.ts';
import { hashText } from '../_engine/hash.ts';
import { editTowards } from '../_engine/plan.ts';
import { proveEdit } from '../_engine/prove.ts';
import { type Hunk, hunkText, revertHunks } from '../_engine/recorded-patch.ts';
import { changesBetween } from '../_engine/text-change.ts';
import type { Selected } from './select-recorded.ts';

/** Takes a generated file away; undefined when it is gone already. `force`: also when it was edited. */
export function takeBackFile(
  repo: Repo,
  { path, file }: Selected,
  force: boolean,
): Edit | Obstacle | undefined {
  const base = repo.read(path);
  if (base === undefined) return undefined;
  const ours = file.text?.join('\n') ?? '';
  const isOurs = base === ours || hashText(base) === file.sha256;
  if (force || (isOurs && base === ours)) return { kind: 'delete', path, role: file.role, base };
  return edited(path, diffOf(editsTowards(path, file.role, ours, base)));
}

/** Takes hunks out of a file of the user's; what was made from nothing goes when nothing is left of it. */
export function takeBackHunks(
  repo: Repo,
  selected: Selected,
  hunks: readonly Hunk[],
): Edit | Obstacle | undefined {
  const { path, file, patches } = selected;
  const base = repo.read(path);
  if (base === undefined) return undefined;
  const { text, blocked } = revertHunks(base, hunks);
  if (blocked.length > 0) return edited(path, blocked.map(hunkText).join('\n'), blocked[0]?.newStart);
  if (text === '' && patches[0]?.before === null) return { kind: 'delete', path, role: file.role, base };
  // What was proven when it was put in is proven again, the other way round.
  return proveEdit(path, text, base, changesBetween(text, base)) ?? editTowards(repo, path, file.role, text);
}

function editsTowards(path: RelPath, role: Role, base: string, text: string): readonly Edit[] {
  return [{ kind: 'patch', path, role, base, changes: changesBetween(base, text) }];
}

function edited(path: RelPath, diff: string, line?: number): Obstacle {
  return {
    code: 'E_FILE_EDITED',
    at: line === undefined ? { path } : { path, line },
    message: `${path} was edited since: what was generated is not there as it was.\n${diff.trimEnd()}`,
    remedy:
      'Take these lines out by hand, then run the command again; --force deletes generated files with your edits.',
  };
}
