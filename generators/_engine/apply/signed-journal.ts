import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
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

import { hasCode, isWithin } from '../repo/disk.ts';
import { nodeFiles, succeeds, syncFolder, writeSynced } from './file-operations.ts';

/** `s2s-journal <HMAC-SHA256 in hex>`, then the JSON that it is of. */
const head = /^s2s-journal ([0-9a-f]{64})\n/;
const headBytes = 's2s-journal '.length + 64 + 1;
/** A plan of hundreds of services has a few; more is not read, and so not written either. */
const maxBytes = 64_000_000;

/**
 * A lock or journal of this user for the repository at `root`, which is real.
 * @throws Error when it is too long to be read again
 */
export function sealed(root: string, content: object): Buffer {
  const body = Buffer.from(JSON.stringify({ ...content, root }));
  if (headBytes + body.length > maxBytes) throw new Error('the journal of this run exceeds the maximum size');
  return Buffer.concat([Buffer.from(`s2s-journal ${macOf(body, signingKey(root)).toString('hex')}\n`), body]);
}

/**
 * What a file at `path` holds that this user's tool wrote on this machine for this very root: anybody may put a file of
 * that name into a repository. Undefined when there is none. Nothing of it is parsed before it is known to be ours.
 * @throws Error with the reason
 */
export function unsealed(root: string, path: string): unknown {
  const bytes = readPlain(path);
  if (bytes === undefined) return undefined;
  const signed = head.exec(bytes.subarray(0, headBytes).toString('latin1'))?.[1];
  if (signed === undefined) throw new Error('it is not signed');
  const [mac, body] = [Buffer.from(signed, 'hex'), bytes.subarray(headBytes)];
  if (!knownKeys(root).some((key) => timingSafeEqual(mac, macOf(body, key))))
    throw new Error('it was not signed by a run of this user on this machine');
  const content = JSON.parse(body.toString('utf8')) as Readonly<{ root: unknown }>;
  if (content.root !== root) throw new Error(`it belongs to a run in ${JSON.stringify(content.root)}`);
  return content;
}

function macOf(body: Uint8Array, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(body).digest();
}

/** No link, pipe or device, and no more than anybody writes. */
function readPlain(path: string): Buffer | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  // Opening a pipe would wait for who writes into it.
  if (!found.isFile()) throw new Error('it is not a regular file');
  const file = openPlain(path);
  if (file === undefined) return undefined;
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes) throw new Error('it is too long');
    const bytes = Buffer.alloc(size);
    let length = 0;
    for (let read = 1; read > 0 && length < size; length += read)
      read = readSync(file, bytes, length, size - length, length);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** Undefined when it went since it was seen. */
function openPlain(path: string): number | undefined {
  try {
    // Windows has neither of these flags.
    return openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW || 0) | (constants.O_NONBLOCK || 0));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

const keyBytes = 32;
const folderName = 'plop-pack-s2s';
/** Signs where no folder can keep a key: no other process accepts these journals. */
const ownKey = randomBytes(keyBytes);

/** The key that signs this user's journals, made at the first call. `root` is real: a key inside of it counts for nothing. */
function signingKey(root: string): Buffer {
  for (const folder of keyFolders(root)) {
    const key = readKey(folder) ?? madeKey(folder);
    if (key !== undefined) return key;
  }
  return ownKey;
}

/** Every key that may have signed a journal of this user on this machine. Makes none. */
function knownKeys(root: string): readonly Buffer[] {
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
    return !isWithin(top, realpathSync.native(nearest));
  } catch {
    return false;
  }
}

/** Undefined unless folder and file belong to this user and no other user can read or write them. */
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
    // An existing folder is fine if it is this user's alone, which readKey checks.
    succeeds(['EEXIST'], () => {
      mkdirSync(folder, { mode: 0o700 });
    });
    writeSynced(nodeFiles, draft, randomBytes(keyBytes), 0o600);
    nodeFiles.link(draft, join(folder, 'journal.key'));
    nodeFiles.remove(draft);
    syncFolder(nodeFiles, folder);
  } catch {
    // Another process was first, or the disk refused: readKey finds out.
    removeQuietly(draft);
  }
  return readKey(folder);
}

function removeQuietly(path: string): void {
  try {
    nodeFiles.remove(path);
  } catch {
    // A leftover draft is never read.
  }
}
