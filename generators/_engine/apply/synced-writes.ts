import { sep } from 'node:path';

import type { FileOperations } from './file-operations.ts';

/** Makes a file whose bytes are on the disk when this returns. `mode` null: what the process usually gives one. */
export function writeSynced(
  files: FileOperations,
  path: string,
  bytes: Uint8Array,
  mode: number | null,
): void {
  const file = files.open(path, 'wx');
  try {
    // Not as the mode of open, from which the umask takes bits away.
    if (mode !== null) files.chmod(file, mode);
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(files.write(file, rest));
    files.sync(file);
  } finally {
    files.close(file);
  }
}

/** Makes the names in a folder last. Windows opens no folder, and keeps names in order by itself. */
export function syncFolder(files: FileOperations, path: string): void {
  if (sep === '\\') return;
  const folder = files.open(path, 'r');
  try {
    files.sync(folder);
  } finally {
    files.close(folder);
  }
}
