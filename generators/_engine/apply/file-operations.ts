import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { sep } from 'node:path';

import { hasCode } from '../repo/disk.ts';

/** What an apply and a roll-back ask of the disk, call by call: the seam at which tests make it fail. */
export interface FileOperations {
  /** `wx` makes a file that is not there yet, `r` opens a folder to sync it. */
  open(path: string, flags: 'wx' | 'r'): number;
  chmod(file: number, mode: number): void;
  /** Gives how many bytes were written: it may be fewer than there are. */
  write(file: number, bytes: Uint8Array): number;
  sync(file: number): void;
  close(file: number): void;
  rename(from: string, to: string): void;
  link(from: string, to: string): void;
  remove(path: string): void;
  makeFolder(path: string): void;
  removeFolder(path: string): void;
}

export const nodeFiles: FileOperations = {
  open: (path, flags) => openSync(path, flags, 0o666),
  chmod: fchmodSync,
  write: (file, bytes) => writeSync(file, bytes),
  sync: fsyncSync,
  close: closeSync,
  rename: renameSync,
  link: linkSync,
  remove: (path) => {
    rmSync(path, { force: true });
  },
  makeFolder: (path) => {
    mkdirSync(path);
  },
  removeFolder: rmdirSync,
};

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

/** Whether an operation succeeds; an error with none of these codes is thrown. */
export function succeeds(codes: readonly string[], run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (hasCode(error, ...codes)) return false;
    throw error;
  }
}
