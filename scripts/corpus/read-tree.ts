import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every file below a folder with its bytes, but for packages and history. */
export function readTree(root: string, at = ''): ReadonlyMap<string, Buffer> {
  const tree = new Map<string, Buffer>();
  for (const name of readdirSync(join(root, at))) {
    if (name === '.git' || name === 'node_modules') continue;
    const path = at === '' ? name : `${at}/${name}`;
    if (!existsSync(join(root, path))) continue;
    if (statSync(join(root, path)).isDirectory())
      for (const [key, bytes] of readTree(root, path)) tree.set(key, bytes);
    else tree.set(path, readFileSync(join(root, path)));
  }
  return tree;
}
