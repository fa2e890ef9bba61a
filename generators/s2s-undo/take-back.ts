import { diffOf } from '../_engine/diff.ts';
import type { Edit, Obstacle, RelPath, Repo, Role } from '../_engine/contract.ts';
import { editTowards } from '../_engine/plan.ts';
import { proveEdit } from '../_engine/prove.ts';
import { type Hunk, revertHunks } from '../_engine/recorded-patch.ts';
import { changesBetween } from '../_engine/text-change.ts';
import type { Selected } from './select-recorded.ts';
import { withoutPackages } from './without-packages.ts';

/** Takes a generated file away; undefined when it is gone already. `force`: also when it was edited. */
export function takeBackFile(
  repo: Repo,
  { path, file }: Selected,
  force: boolean,
): Edit | Obstacle | undefined {
  const base = repo.read(path);
  if (base === undefined) return undefined;
  const ours = file.text?.join('\n') ?? '';
  if (force || base === ours) return { kind: 'delete', path, role: file.role, base };
  const diff = diffOf(editsTowards(path, file.role, ours, base));
  return edited({ path }, diff, 'Keep your version elsewhere, or let it go with --force.');
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
  const reverted = revertHunks(base, hunks);
  const { text, blocked } = file.role === 'manifest' ? withoutPackages(reverted) : reverted;
  const [first] = blocked;
  if (first !== undefined) {
    const diff = blocked.map((one) => one.diff).join('\n');
    const remedy = 'Take these lines out by hand and run the command again.';
    return edited({ path, line: first.line }, diff, remedy);
  }
  if (text === '' && patches[0]?.before === null) return { kind: 'delete', path, role: file.role, base };
  if (file.text !== undefined) return editTowards(repo, path, file.role, text);
  // What was proven when it was put in is proven again, the other way round.
  return proveEdit(path, text, base, changesBetween(text, base)) ?? editTowards(repo, path, file.role, text);
}

function editsTowards(path: RelPath, role: Role, base: string, text: string): readonly Edit[] {
  return [{ kind: 'patch', path, role, base, changes: changesBetween(base, text) }];
}

function edited(at: NonNullable<Obstacle['at']>, diff: string, remedy: string): Obstacle {
  return {
    code: 'E_FILE_EDITED',
    at,
    message: `${at.path} was edited since: what was generated is not there as it was.\n${diff.trimEnd()}`,
    remedy,
  };
}
