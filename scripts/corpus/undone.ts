import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Plan } from '../../generators/_engine/model/plan.ts';
import { apply } from '../../plopfile.ts';
import { planCommand } from '../../test/helpers/run-command.ts';
import { readTree } from './read-tree.ts';
import type { Row } from './report.ts';

/** Takes everything back; one problem for each file that is not byte for byte what it was. */
export async function notUndone(before: string, root: string, plan: Plan): Promise<readonly string[]> {
  const undo = await planCommand({ generator: 's2s-undo', args: [] }, root);
  if (!undo.ok) return undo.obstacles.map(({ message }) => `It cannot be taken back: ${message}`);
  await apply(undo, root);
  const bytes = (path: string): string | undefined =>
    existsSync(path) ? readFileSync(path, 'latin1') : undefined;
  return plan.edits
    .filter(({ path }) => bytes(join(root, path)) !== bytes(join(before, path)))
    .map(({ path }) => `Taken back, ${path} is not what it was.`);
}

export function undoResult(problems: readonly string[]): Pick<Row, 'undo'> {
  return { undo: problems.length === 0 ? 'yes' : 'no' };
}

/** Two folders with the same files and bytes. */
export function sameTree(a: string, b: string): boolean {
  const [left, right] = [readTree(a), readTree(b)];
  return (
    left.size === right.size && [...left].every(([path, bytes]) => right.get(path)?.equals(bytes) === true)
  );
}
