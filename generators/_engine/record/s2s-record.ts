import type { Answers } from '../model/generator.ts';
import type { RelPath } from '../model/paths.ts';
import type { Role } from '../model/roles.ts';

/** One place of a user's file that a run changed, byte for byte. */
export interface Insertion {
  readonly text: string;
  /**
   * What `text` replaced; absent for a plain insertion. It is in `text` with something more, but for a rewritten call, whose
   * way back is proven by rewriting it again.
   */
  readonly replaced?: string;
  /** Which of how many equal places it was, counted from 1; absent where there was one. */
  readonly place?: readonly [index: number, count: number];
}

/** What one run changed in a file of the user's. */
export interface RecordedPatch {
  readonly generator: string;
  readonly role: Role;
  /** Folder of the record that has it. */
  readonly home: RelPath;
  /** In the order of the file. */
  readonly insertions: readonly Insertion[];
  /** Packages and variables that it added and that other code used already. */
  readonly usedBefore: readonly string[];
}

/** A file that is ours from the first line to the last. */
export interface GeneratedFile {
  readonly kind: 'generated';
  readonly role: Role;
  /** Folder of the record that has it. */
  readonly home: RelPath;
  /** The generator that made it, and its version when it last rendered the file. */
  readonly generator: string;
  readonly version: string;
  /** Others that have rendered it since, with parts of theirs. */
  readonly also: readonly string[];
  /** `hashCode` of the text that was rendered last. */
  readonly hash: string;
}

/** A file of the user's, with what the runs put into it, oldest first. */
export interface PatchedFile {
  readonly kind: 'patched';
  readonly role: Role;
  readonly patches: readonly RecordedPatch[];
}

export type RecordedFile = GeneratedFile | PatchedFile;

/** What was asked for: the answers that are no defaults, to render it again. */
export interface RecordedRun {
  readonly version: string;
  readonly answers: Answers;
}

/** What the records of all packages hold together. */
export interface S2sRecord {
  /** By service folder, then by generator. */
  readonly services: Readonly<Record<string, Readonly<Record<string, RecordedRun>>>>;
  readonly files: Readonly<Record<string, RecordedFile>>;
}

/** The entry of a file that is ours; undefined for others. */
export function generatedFile(record: S2sRecord, path: RelPath): GeneratedFile | undefined {
  const file = Object.hasOwn(record.files, path) ? record.files[path] : undefined;
  return file?.kind === 'generated' ? file : undefined;
}
