import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The files of a folder: POSIX path below it → text, byte for byte (latin1), or where a link leads. node_modules and dist are left out. */
export type Tree = ReadonlyMap<string, string>;

/** Reads a whole folder; an empty tree when there is none. */
export function readTree(folder: string): Tree {
  const tree = new Map<string, string>();
  if (existsSync(folder)) readInto(tree, folder, folder);
  return tree;
}

function readInto(tree: Map<string, string>, base: string, folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (['node_modules', 'dist', '.git'].includes(entry.name)) continue;
    if (entry.isDirectory()) readInto(tree, base, path);
    else if (entry.isSymbolicLink()) tree.set(relative(base, path), `link to ${readlinkSync(path)}`);
    else tree.set(relative(base, path).split(sep).join('/'), readFileSync(path, 'latin1'));
  }
}

/** The files of `after` that are new or different; what is gone stands with the text undefined. */
export function changedFiles(before: Tree, after: Tree): ReadonlyMap<string, string | undefined> {
  const changed = new Map<string, string | undefined>();
  for (const [path, text] of after) if (before.get(path) !== text) changed.set(path, text);
  for (const path of before.keys()) if (!after.has(path)) changed.set(path, undefined);
  return changed;
}
