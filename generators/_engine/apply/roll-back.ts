import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { assertNone, type Obstacle, RefusalError } from '../model/obstacle.ts';
import { hashBytes } from '../record/hash.ts';
import { readBytes, reasonOf } from '../repo/disk.ts';
import { assertPlainFolder, assertPlainWay } from './apply-checks.ts';
import { type FileOperations, succeeds, syncFolder, writeSynced } from './file-operations.ts';
import { closeJournal, draftOf, type Journal, type JournalEntry, stagedOf } from './journal.ts';

/**
 * Puts every file back as the journal has it, removes what was made on the way, and closes the journal. `force`: also
 * where somebody has changed a file since.
 * @throws RefusalError E_FILE_CHANGED, E_PATH; nothing was rolled back then.
 */
export function rollBack(root: string, journal: Journal, files: FileOperations, force = false): void {
  const { entries, folders, emptied } = journal;
  for (const { target } of entries) assertPlainWay(root, join(root, target));
  for (const folder of [...folders, ...emptied]) assertPlainFolder(root, join(root, folder));
  if (!force) assertOurs(root, entries);
  for (const folder of [...emptied].reverse()) {
    assertPlainFolder(root, join(root, folder));
    succeeds(['EEXIST'], () => {
      files.makeFolder(join(root, folder));
    });
  }
  const touched = new Set<string>();
  for (const entry of entries) {
    assertPlainWay(root, join(root, entry.target));
    files.remove(stagedOf(root, journal, entry));
    if (restore(root, journal, entry, files)) touched.add(dirname(join(root, entry.target)));
  }
  for (const folder of [...folders].reverse())
    succeeds(['ENOENT', 'ENOTEMPTY'], () => {
      files.removeFolder(join(root, folder));
    });
  for (const folder of [...folders, ...emptied]) touched.add(dirname(join(root, folder)));
  // What is rolled back has to last before the journal may go.
  for (const folder of touched) if (existsSync(folder)) syncFolder(files, folder);
  files.remove(draftOf(root, journal.holder));
  closeJournal(root, files);
}

function restore(root: string, journal: Journal, entry: JournalEntry, files: FileOperations): boolean {
  const target = join(root, entry.target);
  const now = readBytes(target);
  if (entry.before === null) {
    if (now === undefined) return false;
    files.remove(target);
    return true;
  }
  if (now?.toString('base64') === entry.before) return false;
  const staged = stagedOf(root, journal, entry);
  writeSynced(files, staged, Buffer.from(entry.before, 'base64'), entry.mode);
  files.rename(staged, target);
  return true;
}

/** A file that holds neither what was there nor what we wrote is somebody's work. */
function assertOurs(root: string, entries: readonly JournalEntry[]): void {
  const edited = entries.filter(({ target, before, after }) => {
    const now = readBytes(join(root, target));
    return now !== undefined && now.toString('base64') !== before && hashBytes(now) !== after;
  });
  assertNone(edited.map(changedSince));
}

function changedSince({ target }: JournalEntry): Obstacle {
  return {
    code: 'E_FILE_CHANGED',
    at: { path: target },
    message: `${target} was edited after a run wrote it and before that run was rolled back.`,
    remedy: 'Save your version elsewhere and run s2s-undo --recover --force to roll back every file.',
  };
}

/**
 * Runs something that puts files back. A disk that refuses to take the old bytes keeps the journal: a later run does it.
 * @throws RefusalError E_WRITE then
 */
export function attemptRollBack<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof RefusalError) throw cause;
    throw writeFailure(
      cause,
      'Not every file could be rolled back',
      'then run s2s-undo --recover to roll back the other files',
    );
  }
}

/** E_WRITE, at the file that the disk refused where it is known. */
export function writeFailure(cause: unknown, message: string, then: string, path = '.'): RefusalError {
  const error = new RefusalError({
    code: 'E_WRITE',
    at: { path },
    message: `${message}: ${reasonOf(cause)}.`,
    remedy: `Make the folder writable or free disk space, ${then}.`,
  });
  error.cause = cause;
  return error;
}
