import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { assertNone, type Obstacle, RefusalError } from '../model/obstacle.ts';
import type { PlanRequest } from '../plan/run.ts';
import {
  assertPlainFolder,
  assertPlainWay,
  type FileOperations,
  nodeFiles,
  succeeds,
  syncFolder,
  writeSynced,
} from './file-operations.ts';
import {
  closeJournal,
  createWhole,
  draftOf,
  type Journal,
  type JournalEntry,
  journalName,
  locked,
  type LockHolder,
  nameOfHolder,
  readJournal,
  stagedOf,
  stateOfHolder,
  thisHolder,
} from './journal.ts';
import { unsealed } from './signed-journal.ts';
import { hashBytes, readBytes, reasonOf } from '../repo/disk.ts';

/** A lock that is looked at: the journal, or the right to roll it back. */
interface Held {
  readonly id: string;
  readonly holder: LockHolder;
}

export interface RecoverOptions {
  readonly files?: FileOperations;
  /** Also the run of another machine, and over what was edited since. */
  readonly force?: boolean;
}

const claimPrefix = `${journalName}.claim-`;
/** Runs of this process that have not ended: none of them is taken for one that was killed. */
const running = new Set<string>();

/** Runs what holds the lock of that id. */
export async function whileRunning(id: string, run: () => Promise<void>): Promise<void> {
  running.add(id);
  try {
    await run();
  } finally {
    running.delete(id);
  }
}

/**
 * Rolls back what a run that was killed has left behind; true when there was something.
 * @throws RefusalError E_LOCKED while that run may be alive, E_FILE_CHANGED when a file was edited since,
 * E_RECORD, E_WRITE
 */
export function recover(root: string, options: RecoverOptions = {}): boolean {
  return attemptRollBack(() => recoverOnce(root, options));
}

function recoverOnce(root: string, options: RecoverOptions): boolean {
  const { files = nodeFiles, force = false } = options;
  const realRoot = realpathSync.native(root);
  const journal = readJournal(realRoot);
  if (journal !== undefined) {
    const claims = claim(realRoot, journal, force, files);
    const isStill = readJournal(realRoot)?.id === journal.id;
    try {
      if (isStill) rollBack(realRoot, journal, files, force);
    } catch (error) {
      // The claims of those who are gone stay: others may be asking for the right to them.
      files.remove(claims.at(-1) ?? '');
      throw error;
    }
    for (const path of claims.reverse()) files.remove(path);
    // Somebody else rolled it back while we asked for the right to, and may have begun anew.
    if (!isStill) return recoverOnce(root, options);
  }
  removeLitter(realRoot, files);
  return journal !== undefined;
}

/**
 * Gets the right to roll back, which one process can have: a file that is named after the lock of the one that is
 * gone. Where its holder is gone as well, the right to that one is asked for. Gives the files, its own one last.
 */
function claim(root: string, held: Held, force: boolean, files: FileOperations): string[] {
  if (!isGone(held, force)) throw new RefusalError(locked(held.holder));
  const name = `${claimPrefix}${held.id}`;
  const mine = { id: randomUUID(), holder: thisHolder() };
  if (createWhole(root, name, mine, files)) return [join(root, name)];
  const other = readHeld(root, name);
  return other === undefined
    ? claim(root, held, force, files)
    : [join(root, name), ...claim(root, other, force, files)];
}

function isGone({ id, holder }: Held, force: boolean): boolean {
  if (holder === thisHolder()) return !running.has(id);
  const state = stateOfHolder(holder);
  return state === 'gone' || (force && state === 'unknown');
}

/** What runs left that were killed before their lock had its name, or after it was gone. */
function removeLitter(root: string, files: FileOperations): void {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const { name } = entry;
    if (!entry.isFile() || !name.startsWith(`${journalName}.`)) continue;
    const path = join(root, name);
    const isClaim = name.startsWith(claimPrefix);
    const holder = isClaim ? readHeld(root, name)?.holder : name.slice(journalName.length + 1);
    // Nothing of this thread's own is in use: what makes such files removes them before it returns.
    if (holder !== undefined && (holder === thisHolder() || stateOfHolder(holder) === 'gone'))
      files.remove(path);
  }
}

/** Undefined when it is gone; without holder when it is not ours. */
function readHeld(root: string, name: string): Held | undefined {
  try {
    const parsed = unsealed(root, join(root, name));
    if (parsed === undefined) return undefined;
    const { id, holder } = parsed as Partial<Record<keyof Held, unknown>>;
    return { id: String(id).replace(/[^\w-]/g, ''), holder: String(holder) };
  } catch {
    return { id: '', holder: '' };
  }
}

/**
 * What reads only says of a run that has not ended: the files may be half written, and are left as they are.
 * @throws RefusalError E_LOCKED; E_RECORD when no run of this user's has left that journal
 */
export function assertUninterrupted(root: string): void {
  const journal = readJournal(realpathSync.native(root));
  if (journal === undefined) return;
  const isGone = stateOfHolder(journal.holder) === 'gone';
  throw new RefusalError(isGone ? interrupted(journal.holder) : locked(journal.holder));
}

/**
 * Rolls back what an earlier run has left half written, before a run that writes; true when there was something. Who
 * only reads must not: whoever puts a journal into a repository would choose what is written.
 * @throws RefusalError as `recover` and `assertUninterrupted` do
 */
export function recoverFirst({ generator, given, root }: PlanRequest): boolean {
  if (given['dryRun'] === true || generator.readsOnly?.(given) === true) {
    assertUninterrupted(root);
    return false;
  }
  // `--force` is about generated files; only together with `--recover` it is about a run that was killed.
  return recover(root, { force: given['recover'] === true && given['force'] === true });
}

function interrupted(holder: string): Obstacle {
  return {
    code: 'E_LOCKED',
    at: { path: journalName },
    message: `A previous run was interrupted, and its partial changes are still present: ${nameOfHolder(holder)}.`,
    remedy: 'Run s2s-undo --recover to roll them back, then this command again.',
  };
}

/**
 * Puts every file back as the journal has it, removes what was made on the way, and closes the journal. `force`: also
 * over files that were edited since.
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

/** A file with neither the old nor our text was edited since. */
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
