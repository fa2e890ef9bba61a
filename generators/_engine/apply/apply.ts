import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Plan } from '../model/plan.ts';
import { RefusalError } from '../model/obstacle.ts';
import { assertApplicable, assertPlainFolder, assertPlainWay } from './apply-checks.ts';
import { type FileOperations, nodeFiles, syncFolder, writeSynced } from './file-operations.ts';
import { closeJournal, emptyJournal, type Journal, openJournal, stagedOf, writeJournal } from './journal.ts';
import { recover, whileRunning } from './recover.ts';
import { attemptRollBack, rollBack, writeFailure } from './roll-back.ts';
import { journalOf, type Write, writesOf } from './writes.ts';

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
      // The journal is somebody else's when it is locked: nothing of ours is on the disk then.
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
 * Runs something that takes its time; whoever ends the process meanwhile ends this instead, so that what was written can
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
    // Not `once`: who else listens to the signal would find nobody left and end the process.
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
