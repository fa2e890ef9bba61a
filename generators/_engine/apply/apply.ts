import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';

import type { Edit, Plan } from '../model/plan.ts';
import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import {
  assertApplicable,
  assertPlainFolder,
  assertPlainWay,
  type FileOperations,
  nodeFiles,
  startsWithBom,
  syncFolder,
  writeSynced,
} from './file-operations.ts';
import {
  closeJournal,
  emptyJournal,
  type Journal,
  type JournalEntry,
  openJournal,
  stagedOf,
  writeJournal,
} from './journal.ts';
import { attemptRollBack, recover, rollBack, whileRunning, writeFailure } from './recover.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import { hashBytes, readBytes } from '../repo/disk.ts';
import { textAfter } from '../repo/repo.ts';

export interface ApplyOptions {
  /** Runs when the files are in place and before the change is final; what it throws rolls everything back. */
  readonly verify?: (stopped: AbortSignal) => Promise<void>;
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
  const realRoot = realpathSync.native(root);
  recover(realRoot, { files });
  const start = emptyJournal();
  await whileRunning(start.id, async () => {
    let journal = start;
    try {
      openJournal(realRoot, start, files);
      // Not before: another run may have written between a look and the lock.
      assertApplicable(realRoot, plan.edits);
      const writes = writesOf(realRoot, plan.edits);
      journal = journalOf(realRoot, writes, start);
      writeJournal(realRoot, journal, files);
      write(realRoot, writes, journal, files);
      if (options.verify !== undefined) await untilSignal(options.verify);
      closeJournal(realRoot, files);
    } catch (error) {
      // A locked journal belongs to another run; this run has written nothing then.
      if (!isLocked(error))
        attemptRollBack(() => {
          rollBack(realRoot, journal, files);
        });
      throw error instanceof RefusalError ? error : notWritten(error);
    }
  });
}

function write(root: string, writes: readonly Write[], journal: Journal, files: FileOperations): void {
  const touched = new Set(writes.map(({ target }) => dirname(target)));
  for (const folder of journal.folders) {
    assertPlainFolder(root, join(root, folder));
    files.makeFolder(join(root, folder));
    touched.add(dirname(join(root, folder)));
  }
  const staged = journal.entries.map((entry) => stagedOf(root, journal, entry));
  writes.forEach(({ target, bytes }, index) => {
    assertPlainWay(root, target);
    if (bytes !== undefined)
      writeSynced(files, staged[index] ?? '', bytes, journal.entries[index]?.mode ?? null);
  });
  writes.forEach(({ target, bytes }, index) => {
    assertPlainWay(root, target);
    if (bytes === undefined) files.remove(target);
    else files.rename(staged[index] ?? '', target);
  });
  for (const folder of journal.emptied) {
    assertPlainFolder(root, join(root, folder));
    files.removeFolder(join(root, folder));
    touched.delete(join(root, folder));
    touched.add(dirname(join(root, folder)));
  }
  // Names last before the journal may go.
  for (const folder of touched) syncFolder(files, folder);
}

function isLocked(error: unknown): boolean {
  return error instanceof RefusalError && error.obstacles[0].code === 'E_LOCKED';
}

function notWritten(cause: unknown): RefusalError {
  const path = cause instanceof Error && 'path' in cause ? String(cause.path) : '.';
  const message = 'The change could not be written; nothing was changed';
  return writeFailure(cause, message, 'and run the command again', path);
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a long check. A signal that ends the process meanwhile aborts the check instead, so that what was written can
 * be rolled back first. @throws RefusalError E_CHECK then
 */
async function untilSignal(run: (stopped: AbortSignal) => Promise<void>): Promise<void> {
  const ending = new AbortController();
  let stop: ((signal: NodeJS.Signals) => void) | undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = (signal) => {
      ending.abort();
      reject(new RefusalError(interrupted(signal)));
    };
    // Not `once`: other listeners end the process when they find no further one.
    for (const signal of signals) process.on(signal, stop);
  });
  try {
    await Promise.race([run(ending.signal), stopped]);
  } finally {
    for (const signal of signals) if (stop !== undefined) process.off(signal, stop);
  }
}

function interrupted(signal: NodeJS.Signals): ConstructorParameters<typeof RefusalError>[0] {
  return {
    code: 'E_CHECK',
    message: `The type check was interrupted by ${signal}. Everything was rolled back.`,
    remedy: 'Run the command again, or without --check.',
  };
}

const bom = '\u{FEFF}';

/** A file that is to be written: `target` is absolute; without bytes it goes. */
interface Write {
  readonly edit: Edit;
  readonly target: string;
  readonly bytes: Uint8Array | undefined;
}

/**
 * The writes that edits require: a file reached by two links is written once.
 * @throws RefusalError E_PATH when it would be given two texts.
 */
function writesOf(root: string, edits: readonly Edit[]): readonly Write[] {
  const writes = new Map<string, Write>();
  for (const edit of edits) {
    const path = join(root, edit.path);
    // A link inside the repo stays a link: its target is what gets new text.
    const target = realOf(path);
    const write = { edit, target, bytes: bytesOf(edit, target) };
    const other = writes.get(target);
    if (other === undefined) writes.set(target, write);
    else if (!isSame(other.bytes, write.bytes)) throw new RefusalError(twoTexts(other.edit, edit));
  }
  return [...writes.values()];
}

/** Of what is not there yet: below the real folder. */
function realOf(path: string): string {
  return existsSync(path) ? realpathSync.native(path) : join(realOf(dirname(path)), basename(path));
}

function bytesOf(edit: Edit, target: string): Uint8Array | undefined {
  const text = textAfter(edit);
  if (text === undefined) return undefined;
  const before = edit.kind === 'create' ? undefined : readBytes(target);
  return Buffer.from((before !== undefined && startsWithBom(before) ? bom : '') + text, 'utf8');
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

function twoTexts(first: Edit, second: Edit): Obstacle {
  return {
    code: 'E_PATH',
    at: { path: second.path },
    message: `${first.path} and ${second.path} are the same file, and this run would write two different texts to it.`,
    remedy: 'Replace the link with a separate file and run the command again.',
  };
}

/** What puts the tree below `root` back as it is now, once `writes` have been made. */
function journalOf(root: string, writes: readonly Write[], start: Journal): Journal {
  const entries = writes.map(({ target, bytes }): JournalEntry => {
    const mode = existsSync(target) ? statSync(target).mode & 0o7777 : null;
    const before = readBytes(target)?.toString('base64') ?? null;
    const after = bytes === undefined ? null : hashBytes(bytes);
    return { target: relOf(root, target), before, after, mode };
  });
  const emptied = emptiedFolders(root, writes).map((path) => relOf(root, path));
  const folders = missingFolders(writes.map(({ target }) => target));
  return { ...start, entries, folders: folders.map((path) => relOf(root, path)), emptied };
}

function relOf(root: string, absolute: string): RelPath {
  return toRel(relative(root, absolute).split(sep).join('/'));
}

/** Folders that hold nothing but files that go, innermost first. */
function emptiedFolders(root: string, writes: readonly Write[]): readonly string[] {
  // What a link leads to may have other users, and goes on leading somewhere.
  const plain = writes.filter(({ edit, target }) => target === join(root, edit.path));
  const gone = new Set(plain.filter(({ bytes }) => bytes === undefined).map(({ target }) => target));
  const stays = new Set(writes.filter(({ bytes }) => bytes !== undefined).map(({ target }) => target));
  const emptied: string[] = [];
  for (const path of gone) {
    for (let folder = dirname(path); folder !== root && !gone.has(folder); folder = dirname(folder)) {
      const isLast = readdirSync(folder).every((name) => gone.has(join(folder, name)));
      if (!isLast || [...stays].some((one) => one.startsWith(folder + sep))) break;
      emptied.push(folder);
      gone.add(folder);
    }
  }
  return emptied;
}

/** Folders that do not exist yet, outermost first. */
function missingFolders(targets: readonly string[]): readonly string[] {
  const missing = new Set<string>();
  for (const target of targets) {
    for (let folder = dirname(target); !existsSync(folder); folder = dirname(folder)) missing.add(folder);
  }
  return [...missing].sort((a, b) => a.length - b.length);
}
