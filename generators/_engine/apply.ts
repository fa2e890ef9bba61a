import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';

import { assertApplicable, startsWithBom } from './apply-checks.ts';
import type { Edit, Plan } from './contract.ts';
import { type FileOperations, nodeFiles } from './file-operations.ts';
import { closeJournal, emptyJournal, type Journal, openJournal, rollBack, writeJournal } from './journal.ts';
import { journalOf } from './journal-of.ts';
import { RefusalError } from './obstacle.ts';
import { textAfter } from './repo.ts';

const BOM = '\u{FEFF}';

export interface ApplyOptions {
  /** Runs when the files are in place and before the change is final; what it throws rolls everything back. */
  readonly verify?: () => Promise<void>;
  /** Defaults to the disk. */
  readonly files?: FileOperations;
}

/**
 * Writes a plan below an absolute root: all of it or nothing, also when the process is killed on the way (the next
 * run rolls back). The only writer there is.
 * @throws RefusalError E_FILE_CHANGED when a file is not as the plan found it, E_PATH, E_LOCKED, E_WRITE when the disk
 * refuses; nothing has changed then.
 */
export async function apply(plan: Plan, root: string, options: ApplyOptions = {}): Promise<void> {
  if (plan.edits.length === 0) return;
  const files = options.files ?? nodeFiles;
  const realRoot = realpathSync(root);
  let journal = emptyJournal();
  try {
    openJournal(realRoot, files);
    // Not before: another run may have written between a look and the lock.
    assertApplicable(realRoot, plan.edits);
    journal = journalOf(realRoot, plan.edits);
    writeJournal(realRoot, journal, files);
    write(plan.edits, journal, files);
    await options.verify?.();
    closeJournal(realRoot, files);
  } catch (error) {
    // The journal is somebody else's when it is locked: nothing of ours is on the disk then.
    if (!isLocked(error)) rollBackOrTell(realRoot, journal, files);
    throw error instanceof RefusalError ? error : writeFailure(error);
  }
}

function write(edits: readonly Edit[], journal: Journal, files: FileOperations): void {
  for (const folder of journal.folders) files.makeFolder(folder);
  edits.forEach((edit, index) => {
    const entry = journal.entries[index];
    const text = textAfter(edit);
    if (entry === undefined || text === undefined) return;
    const bom = entry.before !== null && startsWithBom(Buffer.from(entry.before, 'base64')) ? BOM : '';
    files.writeSynced(entry.staged, Buffer.from(bom + text, 'utf8'), entry.mode);
  });
  edits.forEach((edit, index) => {
    const entry = journal.entries[index];
    if (entry === undefined) return;
    if (edit.kind === 'delete') files.remove(entry.target);
    else files.rename(entry.staged, entry.target);
  });
  const folders = new Set(journal.entries.map((entry) => dirname(entry.target)));
  for (const folder of folders) files.syncFolder(folder);
  for (const folder of journal.emptied) files.removeFolder(folder);
}

/** A disk that refuses to take the old bytes keeps the journal: the next run puts them back. */
function rollBackOrTell(root: string, journal: Journal, files: FileOperations): void {
  try {
    rollBack(root, journal, files);
  } catch (cause) {
    const error = new RefusalError({
      code: 'E_WRITE',
      at: { path: '.' },
      message: `The change could not be written, nor all of it taken back yet: ${messageOf(cause)}.`,
      remedy:
        'Make the folder writable or free some space, then run s2s-undo --recover: it puts every file back.',
    });
    error.cause = cause;
    throw error;
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof RefusalError && error.obstacles[0].code === 'E_LOCKED';
}

function writeFailure(cause: unknown): RefusalError {
  const reason = messageOf(cause);
  const path = cause instanceof Error && 'path' in cause ? String(cause.path) : '.';
  const error = new RefusalError({
    code: 'E_WRITE',
    at: { path },
    message: `The change could not be written, and nothing has changed: ${reason}.`,
    remedy: 'Make the folder writable or free some space, and run the command again.',
  });
  error.cause = cause;
  return error;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
