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
