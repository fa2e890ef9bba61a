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

/** The file operations of an apply and a roll-back: the seam at which tests make a disk fail. */
export interface FileOperations {
  /** `mode` null: what the process usually gives a new file. */
  writeSynced(path: string, bytes: Uint8Array, mode: number | null): void;
  rename(from: string, to: string): void;
  link(from: string, to: string): void;
  remove(path: string): void;
  makeFolder(path: string): void;
  removeFolder(path: string): void;
  syncFolder(path: string): void;
}

export const nodeFiles: FileOperations = {
  writeSynced(path, bytes, mode) {
    const file = openSync(path, 'wx', 0o666);
    try {
      // Not as the mode of open, from which the umask takes bits away.
      if (mode !== null) fchmodSync(file, mode);
      let written = 0;
      while (written < bytes.length) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  },
  rename: renameSync,
  link: linkSync,
  remove: (path) => {
    rmSync(path, { force: true });
  },
  makeFolder: (path) => {
    mkdirSync(path);
  },
  removeFolder: (path) => {
    rmdirSync(path);
  },
  syncFolder(path) {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
};
