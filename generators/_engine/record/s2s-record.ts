import type { Answers } from '../model/generator.ts';
import type { Role } from '../model/roles.ts';
import type { Hunk } from './recorded-patch.ts';

/** What one run changed in a file of the user's. */
export interface RecordedPatch {
  readonly generator: string;
  readonly role: Role;
  readonly version: string;
  /** Hash of the text that was there; null when the file was not. */
  readonly before: string | null;
  readonly hunks: readonly Hunk[];
  /** Added packages and variables that other code used already. */
  readonly usedBefore?: readonly string[];
}

/** One file that we wrote to: the whole text where it is ours; what we, or later generators in it, changed, oldest first. */
export interface RecordedFile {
  readonly generator: string;
  readonly role: Role;
  readonly version: string;
  /** Hash of the text as we last wrote it. */
  readonly sha256: string;
  /** Lines of a file that is ours, as the template gave them: the base of a later 3-way merge. */
  readonly text?: readonly string[];
  readonly patches?: readonly RecordedPatch[];
}

/** What was asked for, to render it again with later templates. */
export interface RecordedRun {
  readonly version: string;
  readonly answers: Answers;
}

/** What `.s2s.json` holds, which is committed. */
export interface S2sRecord {
  readonly schema: 1;
  /** By service folder, then by generator. */
  readonly services: Readonly<Record<string, Readonly<Record<string, RecordedRun>>>>;
  readonly files: Readonly<Record<string, RecordedFile>>;
}
