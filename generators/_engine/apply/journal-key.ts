import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, sep } from 'node:path';

import { nodeFiles } from './file-operations.ts';
import { hasCode } from '../repo/read-bytes.ts';
import { syncFolder, writeSynced } from './synced-writes.ts';

const keyBytes = 32;
const folderName = 'plop-pack-s2s';
/** Signs where no folder can keep a key: what this process leaves behind is believed by nobody else. */
const ownKey = randomBytes(keyBytes);

/** The key that signs this user's journals, made at the first call. `root` is real: a key inside of it counts for nothing. */
export function signingKey(root: string): Buffer {
  for (const folder of keyFolders(root)) {
    const key = readKey(folder) ?? madeKey(folder);
    if (key !== undefined) return key;
  }
  return ownKey;
}

/** Every key that may have signed a journal of this user on this machine. Makes none. */
export function knownKeys(root: string): readonly Buffer[] {
  const kept = keyFolders(root)
    .map(readKey)
    .filter((key) => key !== undefined);
  return [...kept, ownKey];
}

/** Folders of this user alone: for state, else, where there is no home, for temporary files. None that a repository brings. */
function keyFolders(root: string): readonly string[] {
  const { XDG_STATE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  const isHomed = existsSync(homedir());
  const state = [
    xdg,
    sep === '\\' ? local : undefined,
    isHomed ? join(homedir(), '.local/state') : undefined,
  ];
  const [first] = state.filter((path) => path !== undefined && isAbsolute(path));
  const own = String(process.getuid?.() ?? 'user');
  const folders = first === undefined ? [] : [join(first, folderName)];
  return [...folders, join(tmpdir(), `${folderName}-${own}`)].filter((folder) => isOutside(folder, root));
}

/** Outside of the repository, of which `root` may be a folder only. */
function isOutside(folder: string, root: string): boolean {
  let top = root;
  while (!existsSync(join(top, '.git')) && dirname(top) !== top) top = dirname(top);
  if (!existsSync(join(top, '.git'))) top = root;
  let nearest = folder;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    return !(realpathSync.native(nearest) + sep).startsWith(top.endsWith(sep) ? top : top + sep);
  } catch {
    return false;
  }
}

/** Undefined unless folder and file are this user's, and nobody else's to read or to write. */
function readKey(folder: string): Buffer | undefined {
  let file: number | undefined;
  try {
    if (!isOwn(lstatSync(folder)) || !lstatSync(folder).isDirectory()) return undefined;
    file = openSync(join(folder, 'journal.key'), constants.O_RDONLY | (constants.O_NOFOLLOW || 0));
    const found = fstatSync(file);
    const key = Buffer.alloc(keyBytes);
    if (!found.isFile() || !isOwn(found) || found.size !== keyBytes) return undefined;
    return readSync(file, key) === keyBytes ? key : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function isOwn({ mode, uid }: Readonly<{ mode: number; uid: number }>): boolean {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
}

/** Undefined where the disk refuses. The file has its name not before it is whole. */
function madeKey(folder: string): Buffer | undefined {
  const draft = join(folder, `journal.key.${randomBytes(8).toString('hex')}`);
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
    makeOwnFolder(folder);
    writeSynced(nodeFiles, draft, randomBytes(keyBytes), 0o600);
    nodeFiles.link(draft, join(folder, 'journal.key'));
    nodeFiles.remove(draft);
    syncFolder(nodeFiles, folder);
  } catch {
    // Somebody else was first, or it cannot be: reading it tells.
    removeQuietly(draft);
  }
  return readKey(folder);
}

function makeOwnFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

function removeQuietly(path: string): void {
  try {
    nodeFiles.remove(path);
  } catch {
    // Nobody reads it.
  }
}
