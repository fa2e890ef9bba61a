import { realpathSync } from 'node:fs';

import type { Obstacle } from '../model/obstacle.ts';
import { journalName, locked, readJournal } from './journal.ts';
import { nameOfHolder, stateOfHolder } from './lock-holder.ts';
import { RefusalError } from '../model/refusal.ts';
import { recover } from './recover.ts';
import type { PlanRequest } from '../plan/run.ts';

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
