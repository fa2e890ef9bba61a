import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

import { hasCode, isWithin, readBytes } from '../repo/disk.ts';
import type { Edit } from '../model/plan.ts';
import { assertNone, type Obstacle, RefusalError } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import { forbidden } from '../model/roles.ts';

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

/** Makes a file whose bytes are on the disk when this returns. `mode` null: the default of the process. */
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

/**
 * Refuses before anything is written, every file at once.
 * @throws RefusalError E_PATH, E_FILE_CHANGED, E_WRITE
 */
export function assertApplicable(root: string, edits: readonly Edit[]): void {
  assertInside(
    root,
    edits.map(({ path }) => path),
  );
  const changed = edits.filter((edit) => isChanged(root, edit)).map(changedFile);
  const readOnly = edits.filter((edit) => !isWritable(root, edit)).map(readOnlyFile);
  const links = edits
    .filter((edit) => edit.kind === 'delete' && isLink(join(root, edit.path)))
    .map(linkInTheWay);
  assertNone([...changed, ...readOnly, ...links]);
}

/**
 * No link on the way to a file may lead out of the root, or inside of it to what is never written. @throws RefusalError
 * E_PATH
 */
function assertInside(root: string, paths: readonly RelPath[]): void {
  for (const path of paths) {
    let nearest = join(root, path);
    // A link that leads nowhere is there, too: writing to it would make what it names.
    while (!existsSync(nearest) && !isLink(nearest)) nearest = dirname(nearest);
    if (!existsSync(nearest)) throw new RefusalError(notWritten(path, 'is behind a broken link'));
    const real = realpathSync.native(nearest);
    const target = relative(root, join(real, relative(nearest, join(root, path))));
    if (!isWithin(root, real)) {
      throw new RefusalError({
        code: 'E_PATH',
        at: { path },
        message: `${path} resolves outside the repository, to ${real}.`,
        remedy: 'Run the command in the repository that contains that target.',
      });
    }
    const never = forbidden(path) ?? forbidden(target.split(sep).join('/'));
    if (never !== undefined) throw new RefusalError(notWritten(path, never));
  }
}

function isChanged(root: string, edit: Edit): boolean {
  const bytes = readBytes(join(root, edit.path));
  if (edit.kind === 'create') return bytes !== undefined;
  const base = Buffer.from(edit.base, 'utf8');
  return bytes === undefined || !(startsWithBom(bytes) ? bytes.subarray(3) : bytes).equals(base);
}

/** A file that may not be written is meant to stay, though a rename would get past it. */
function isWritable(root: string, { path }: Edit): boolean {
  const file = join(root, path);
  let folder = dirname(file);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    if (existsSync(file)) accessSync(file, constants.W_OK);
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

export function startsWithBom(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function changedFile(edit: Edit): Obstacle {
  return {
    code: 'E_FILE_CHANGED',
    at: { path: edit.path },
    message: `${edit.path} changed between the plan and the write.`,
    remedy: 'Run the command again to plan with the current file.',
  };
}

/** What it leads to may have other users. */
function linkInTheWay({ path }: Edit): Obstacle {
  return {
    code: 'E_PATH',
    at: { path },
    message: `${path} is now a link, so the generated file there cannot be deleted.`,
    remedy: 'Delete the link and run the command again.',
  };
}

function readOnlyFile({ path }: Edit): Obstacle {
  return {
    code: 'E_WRITE',
    at: { path },
    message: `${path} cannot be written: the file or its folder is read-only for this user.`,
    remedy: 'Make it writable and run the command again.',
  };
}

/**
 * Looks at each part of the way to a real path below a real root, right before something is done there: folders are
 * folders and the last part is a file or nothing. What was so when the plan was checked may have become a link since.
 * @throws RefusalError E_PATH
 */
export function assertPlainWay(root: string, absolute: string): void {
  const path = relative(root, absolute);
  const parts = path.split(sep);
  const never = parts[0] === '..' ? 'is outside the repository' : forbidden(parts.join('/'));
  if (never !== undefined) throw new RefusalError(notWritten(parts.join('/'), never));
  parts.reduce((folder, part, index) => {
    const at = join(folder, part);
    const found = lstatSync(at, { throwIfNoEntry: false });
    const isLast = index === parts.length - 1;
    if (found !== undefined && !(isLast ? found.isFile() : found.isDirectory()))
      throw new RefusalError(
        notWritten(parts.join('/'), `has another entry in its path: ${relative(root, at)}`),
      );
    return at;
  }, root);
}

/** The same of a folder. @throws RefusalError E_PATH */
export function assertPlainFolder(root: string, absolute: string): void {
  // The name does not matter: only its folder is checked.
  assertPlainWay(root, join(absolute, '.s2s.any'));
}

function notWritten(path: string, reason: string): Obstacle {
  return {
    code: 'E_PATH',
    at: { path },
    message: `${JSON.stringify(path)} cannot be written: it ${reason}.`,
    remedy: 'Remove that link or folder, and run the command again.',
  };
}
