import type { RelPath } from './paths.ts';
import type { Role } from './roles.ts';
import type { TextChange } from './text-change.ts';

/** What to do, and what the user should know about it (`notes`: one full sentence each; `findings`: places). */
export type Plan = Readonly<{
  ok: true;
  edits: readonly Edit[];
  notes: readonly string[];
  /** Those of the notes that say why the new code is not formatted: they are about this run, not about its generator. */
  formatNotes?: readonly string[];
  findings?: readonly Finding[];
  /** What was asked to be shown, whole, with its last line break: it stands alone on standard output. */
  output?: string;
  /** Every whole file that was planned, also those that are there already. */
  wanted?: readonly Readonly<{ path: RelPath; role: Role; text: string }>[];
}>;

/**
 * How what was generated stands in the repo. conflict: the file holds merge markers · missing: it is gone · edited: it
 * is not as it was written · outdated: today's template gives something else · unwired: a registration, a hook or a
 * dependency is gone · undeclared: a variable is not listed · unreachable: a URL leads nowhere in the repo ·
 * orphaned: its service is gone · blocked: the generator would be refused now · broken: another service does not keep
 * what the code relies on.
 */
type FindingState =
  | 'conflict'
  | 'missing'
  | 'edited'
  | 'outdated'
  | 'unwired'
  | 'undeclared'
  | 'unreachable'
  | 'orphaned'
  | 'blocked'
  | 'broken';

/** One place that somebody should look at; `message` is one full sentence. */
export type Finding = Readonly<{ state: FindingState; path: RelPath; line?: number; message: string }>;

export type Edit =
  | Readonly<{ kind: 'create'; path: RelPath; role: Role; text: string }>
  | Readonly<{
      kind: 'patch';
      path: RelPath;
      role: Role;
      base: string;
      /** The ranges that were declared, in `base`: of a file of the user's, those that each `ensure…` gave. */
      changes: readonly TextChange[];
      /** What the user's formatter made of `base` with the changes; absent where they are the text to the letter. */
      formatted?: string;
      /** What the template gave, where the file is to hold the user's edits too. */
      rendered?: string;
    }>
  | Readonly<{ kind: 'delete'; path: RelPath; role: Role; base: string }>;
