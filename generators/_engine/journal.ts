import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { type FileOperations, nodeFiles } from './file-operations.ts';
import { RefusalError } from './obstacle.ts';
import { hasCode, readBytes } from './read-bytes.ts';

/** One file of an apply: `before` is its bytes in base64, null when it did not exist. Paths are absolute. */
export interface JournalEntry {
  readonly target: string;
  readonly staged: string;
  readonly before: string | null;
  /** Null for a file that was not there. */
  readonly mode: number | null;
}

/** Everything that is needed to put the tree back as it was. */
export interface Journal {
  readonly pid: number;
  readonly entries: readonly JournalEntry[];
  /** Folders that the apply makes, outermost first. */
  readonly folders: readonly string[];
  /** Folders that it leaves empty and takes away, innermost first. */
  readonly emptied: readonly string[];
}

const journalName = '.s2s.journal';

/** The journal of a run that has not changed anything. */
export function emptyJournal(): Journal {
  return { pid: process.pid, entries: [], folders: [], emptied: [] };
}

/**
 * Opens an empty journal, which is the lock: what is looked at from now on stays as it is.
 * @throws RefusalError E_LOCKED when another run holds it.
 */
export function openJournal(root: string, files: FileOperations): void {
  const draft = draftOf(root, process.pid);
  try {
    files.writeSynced(draft, Buffer.from(JSON.stringify(emptyJournal())), 0o600);
    files.link(draft, join(root, journalName));
    files.syncFolder(root);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw new RefusalError(locked(root));
    throw error;
  } finally {
    files.remove(draft);
  }
}

/** Writes down what will be needed to put everything back, whole or not at all. */
export function writeJournal(root: string, journal: Journal, files: FileOperations): void {
  const draft = draftOf(root, process.pid);
  files.writeSynced(draft, Buffer.from(JSON.stringify(journal)), 0o600);
  files.rename(draft, join(root, journalName));
  files.syncFolder(root);
}

function draftOf(root: string, pid: number): string {
  return join(root, `${journalName}.${String(pid)}`);
}

/** Ends the apply: from here on the tree is as it was planned. */
export function closeJournal(root: string, files: FileOperations): void {
  files.remove(join(root, journalName));
  files.syncFolder(root);
}

/** Puts every file back as the journal has it, removes what was made on the way, and closes the journal. */
export function rollBack(root: string, journal: Journal, files: FileOperations): void {
  for (const folder of [...journal.emptied].reverse()) makeIfMissing(folder, files);
  for (const { target, staged, before, mode } of journal.entries) {
    files.remove(staged);
    if (before === null) {
      files.remove(target);
    } else if (readBytes(target)?.toString('base64') !== before) {
      files.writeSynced(staged, Buffer.from(before, 'base64'), mode);
      files.rename(staged, target);
      files.syncFolder(dirname(target));
    }
  }
  for (const folder of [...journal.folders].reverse()) removeIfEmpty(folder, files);
  files.remove(draftOf(root, journal.pid));
  closeJournal(root, files);
}

/**
 * Rolls back what a run that was killed has left behind; true when there was something.
 * @throws RefusalError E_LOCKED while that run is alive.
 */
export function recover(root: string, files: FileOperations = nodeFiles): boolean {
  removeStaleDrafts(root, files);
  const bytes = readBytes(join(root, journalName));
  if (bytes === undefined) return false;
  const journal = JSON.parse(bytes.toString('utf8')) as Journal;
  if (isAlive(journal.pid)) throw new RefusalError(locked(root));
  rollBack(root, journal, files);
  return true;
}

/** A run that was killed before its journal had its name has written nothing else. */
function removeStaleDrafts(root: string, files: FileOperations): void {
  for (const name of readdirSync(root)) {
    const pid = name.startsWith(`${journalName}.`) ? Number(name.slice(journalName.length + 1)) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) files.remove(join(root, name));
  }
}

function makeIfMissing(folder: string, files: FileOperations): void {
  try {
    files.makeFolder(folder);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

function removeIfEmpty(folder: string, files: FileOperations): void {
  try {
    files.removeFolder(folder);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTEMPTY')) throw error;
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function locked(root: string): ConstructorParameters<typeof RefusalError>[0] {
  return {
    code: 'E_LOCKED',
    at: { path: journalName },
    message: `Another run is writing to ${root} at this moment.`,
    remedy: 'Wait until it has ended and run the command again.',
  };
}
