import { posix } from 'node:path';

import { RefusalError } from './obstacle.ts';

declare const rel: unique symbol;

/** POSIX path relative to the repo root; never absolute, never climbs. `''` is the root itself. */
export type RelPath = string & { readonly [rel]: true };

/**
 * Takes a path as relative to the root.
 * @throws RefusalError E_PATH when it is absolute, climbs out of the root, or is not {@link isUnprintable | printable}.
 */
export function toRel(path: string): RelPath {
  const normal = posix.normalize(path).replace(/\/$/, '');
  const climbs = normal === '..' || normal.startsWith('../');
  if (climbs || posix.isAbsolute(path) || isUnprintable(path)) {
    throw new RefusalError({
      code: 'E_PATH',
      at: { path },
      message: `${JSON.stringify(path)} is not a path inside the repository.`,
      remedy:
        'Use a path below the root, with forward slashes, without "..", line breaks or other invisible characters.',
    });
  }
  return (normal === '.' ? '' : normal) as RelPath;
}

/**
 * Whether a path has a backslash, begins with a drive, or holds what cannot be seen: control and format characters,
 * line separators, half a character. Diffs, records and terminals would show another path than the one that is written.
 */
export function isUnprintable(path: string): boolean {
  return /[\\\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffd]|^[A-Za-z]:/u.test(path);
}

/** Joins and normalises. @throws RefusalError E_PATH when the result leaves the root. */
export function joinRel(...parts: readonly string[]): RelPath {
  return toRel(posix.join(...parts) || '.');
}

export function dirnameRel(path: RelPath): RelPath {
  return toRel(posix.dirname(path));
}

export function basenameRel(path: RelPath): string {
  return posix.basename(path);
}

/** From a folder to a file or folder, as `../x` or `x`; `.` when they are the same. */
export function relativeRel(fromDir: RelPath, to: RelPath): string {
  return posix.relative(`/${fromDir}`, `/${to}`) || '.';
}
