import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Changes a file below `root` and gives what puts its old text back. @throws Error when nothing changes */
export function changeFile(root: string, path: string, change: (text: string) => string): () => void {
  const file = join(root, path);
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`Nothing changes in ${path}`);
  writeFileSync(file, after);
  return () => {
    writeFileSync(file, before);
  };
}
