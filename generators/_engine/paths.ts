import { posix } from 'node:path';

import type { RelPath } from './contract.ts';
import { RefusalError } from './obstacle.ts';

/**
 * Takes a path as relative to the root.
 * @throws RefusalError E_PATH when it is absolute, climbs out of the root, or has a NUL or a backslash in it.
 */
export function toRel(path: string): RelPath {
  const normal = posix.normalize(path).replace(/\/$/, '');
  const climbs = normal === '..' || normal.startsWith('../');
  if (climbs || posix.isAbsolute(path) || /[\0\\]|^[A-Za-z]:/.test(path)) {
    throw new RefusalError({
      code: 'E_PATH',
      at: { path },
      message: `${JSON.stringify(path)} is not a path inside the repository.`,
      remedy: 'Give a path below the root, with forward slashes and without "..".',
    });
  }
  return (normal === '.' ? '' : normal) as RelPath;
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
