import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';

import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import { forbidden, forbiddenFolder } from '../model/roles.ts';
import { hasCode, reasonOf } from '../repo/disk.ts';
import { isRecord } from '../repo/manifest.ts';
import { type FileOperations, succeeds, syncFolder, writeSynced } from './file-operations.ts';
import { sealed, unsealed } from './signed-journal.ts';

/** One file of an apply. */
export interface JournalEntry {
  readonly target: RelPath;
  /** Its bytes in base64; null when it did not exist. */
  readonly before: string | null;
  /** SHA-256 of the bytes that the apply writes; null when it deletes the file. */
  readonly after: string | null;
  /** Null for a file that was not there. */
  readonly mode: number | null;
}

/** Everything that is needed to put the tree back as it was. */
export interface Journal {
  /** Of this one run. */
  readonly id: string;
  readonly holder: LockHolder;
  readonly entries: readonly JournalEntry[];
  /** Folders that the apply makes, outermost first. */
  readonly folders: readonly RelPath[];
  /** Folders that it empties and removes, innermost first. */
  readonly emptied: readonly RelPath[];
}

export const journalName = '.s2s.journal';

/** The journal of a run that has not changed anything. */
export function emptyJournal(): Journal {
  return { id: randomUUID(), holder: thisHolder(), entries: [], folders: [], emptied: [] };
}

/** The path of a file's new text until it is renamed over the old one. */
export function stagedOf(root: string, journal: Journal, { target }: JournalEntry): string {
  const path = join(root, target);
  return join(dirname(path), `.${basename(path)}.${journal.id.slice(0, 8)}.s2s`);
}

/**
 * Opens a journal, which is the lock: what is looked at from now on stays as it is.
 * @throws RefusalError E_LOCKED when another run holds it.
 */
export function openJournal(root: string, journal: Journal, files: FileOperations): void {
  if (!createWhole(root, journalName, journal, files))
    throw new RefusalError(locked(readJournal(root)?.holder ?? ''));
  syncFolder(files, root);
}

/** Writes down what will be needed to put everything back, whole or not at all. */
export function writeJournal(root: string, journal: Journal, files: FileOperations): void {
  const draft = draftOf(root, journal.holder);
  files.remove(draft);
  writeSynced(files, draft, sealed(root, journal), 0o600);
  files.rename(draft, join(root, journalName));
  syncFolder(files, root);
}

/** Ends the apply: from here on the tree is as it was planned. */
export function closeJournal(root: string, files: FileOperations): void {
  files.remove(join(root, journalName));
  try {
    syncFolder(files, root);
  } catch {
    // A journal that comes back after a power cut has the next run roll back: still all or nothing.
  }
}

/** @throws RefusalError E_RECORD when it is not one that an apply of this user has written on this machine. */
export function readJournal(root: string): Journal | undefined {
  try {
    const parsed = unsealed(root, join(root, journalName));
    if (parsed === undefined) return undefined;
    assertJournalShape(parsed);
    return parsed as Journal;
  } catch (error) {
    throw new RefusalError(foreign(reasonOf(error)));
  }
}

/** Makes a file that is never seen without its content; false when there is one. */
export function createWhole(root: string, name: string, content: object, files: FileOperations): boolean {
  const draft = draftOf(root, thisHolder());
  // Left over from a removal that failed.
  files.remove(draft);
  try {
    writeSynced(files, draft, sealed(root, content), 0o600);
    return succeeds(['EEXIST'], () => {
      files.link(draft, join(root, name));
    });
  } finally {
    files.remove(draft);
  }
}

export function draftOf(root: string, holder: LockHolder): string {
  return join(root, `${journalName}.${holder}`);
}

export function locked(holder: LockHolder): Obstacle {
  const isUnknown = stateOfHolder(holder) === 'unknown';
  return {
    code: 'E_LOCKED',
    at: { path: journalName },
    message: `Another run is writing to this repository, or was interrupted on another machine: ${nameOfHolder(holder)}.`,
    remedy: isUnknown
      ? 'Wait until it ends. If it was interrupted, roll back its partial changes with s2s-undo --recover --force.'
      : 'Wait until it ends and run the command again.',
  };
}

/** Its content is not shown: a planted journal could ask a reader to do something by hand. */
function foreign(reason: string): Obstacle {
  return {
    code: 'E_RECORD',
    at: { path: journalName },
    message: `${journalName} was not used: ${reason}.`,
    remedy: `Delete ${journalName}, unless another user or machine is running a generator in this folder.`,
  };
}

/**
 * Takes a parsed journal apart before anything is done by it, though it is signed: its paths are places to write.
 * @throws Error with the reason, RefusalError E_PATH
 */
function assertJournalShape(parsed: unknown): void {
  if (!isRecord(parsed)) throw new Error('it is not an object');
  const { id, holder, entries, folders, emptied } = parsed;
  if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id)) throw new Error('its id is invalid');
  if (typeof holder !== 'string') throw new Error('its holder is invalid');
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw new Error('its entries are invalid');
  for (const list of [folders, emptied])
    if (!Array.isArray(list) || !list.every((path) => typeof path === 'string'))
      throw new Error('its folders are invalid');
  const targets = (entries as readonly { target: string }[]).map(({ target }) => target);
  for (const path of targets) assertPath(path, forbidden(path));
  for (const path of [...(folders as string[]), ...(emptied as string[])])
    assertPath(path, forbiddenFolder(path));
}

function isEntry(entry: unknown): boolean {
  if (!isRecord(entry) || typeof entry['target'] !== 'string') return false;
  const isText = (value: unknown): boolean => value === null || typeof value === 'string';
  const { before, after, mode } = entry;
  return isText(before) && isText(after) && (mode === null || Number.isInteger(mode));
}

/** No apply ever writes to git's own files, or to installed packages. */
function assertPath(path: string, never: string | undefined): void {
  if (path === '' || toRel(path) !== path)
    throw new Error(`${JSON.stringify(path)} is not a normalised path`);
  if (never !== undefined) throw new Error(`${JSON.stringify(path)} ${never}`);
}

/** Who holds a lock, as `pid-thread-start@host`: the start keeps a later process of the same number apart. */
export type LockHolder = string;

const pattern = /^(\d+)-\d+-(\d*)@(.+)$/;

/** This thread of this process. */
export function thisHolder(): LockHolder {
  const { pid } = process;
  return `${String(pid)}-${String(threadId)}-${startOf(pid) ?? ''}@${encodeURIComponent(hostname())}`;
}

/** `gone` is certain; `unknown` is another machine's, or a container's with a name of its own. */
export function stateOfHolder(holder: LockHolder): 'running' | 'gone' | 'unknown' {
  const [, pid, start, host] = pattern.exec(holder) ?? [];
  if (pid === undefined || host !== encodeURIComponent(hostname())) return 'unknown';
  if (!isAlive(Number(pid))) return 'gone';
  const now = startOf(Number(pid));
  // Without /proc the number alone has to do.
  return start === '' || now === undefined || now === start ? 'running' : 'gone';
}

/** `process 123 on build-7`, for a message. */
export function nameOfHolder(holder: LockHolder): string {
  const [, pid, , host] = pattern.exec(holder) ?? [];
  return pid === undefined || host === undefined
    ? 'an unknown process'
    : `process ${pid} on ${decodeURIComponent(host)}`;
}

/** Start time of a process in clock ticks since boot; undefined without /proc. */
function startOf(pid: number): string | undefined {
  return statOf(pid)?.[19];
}

/** The fields of /proc/<pid>/stat after the name, which may hold spaces itself: state first. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
  // Killed, and its parent has not asked for it yet.
  return statOf(pid)?.[0] !== 'Z';
}
