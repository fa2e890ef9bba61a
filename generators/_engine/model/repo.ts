import type { RelPath } from './paths.ts';

export type Entry = Readonly<{ name: string; kind: 'file' | 'directory' | 'other' }>;

/** A read-only view of the files below the root: the disk, or the disk with plans laid over it. */
export interface Repo {
  /** Absolute path of the root; for messages and for commands that apply runs, never for reading. */
  readonly root: string;
  /** Text without BOM; undefined when there is no such file. @throws RefusalError E_NOT_UTF8, E_PATH */
  read(path: RelPath): string | undefined;
  /** Entries of a folder, sorted by name; [] when there is none. Links that leave the root are `other`. */
  list(path: RelPath): readonly Entry[];
  /** The disk alone; one and the same for all states of it. */
  readonly origin: Repo;
  /**
   * The first of these states in which what is below a folder, and the files right in the folders above it, are as they
   * are now: facts of a service are surveyed once for it, however many others a plan has changed since.
   */
  since(dir: RelPath): Repo;
}
