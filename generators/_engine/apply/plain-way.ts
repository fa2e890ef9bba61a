import { lstatSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import type { Obstacle } from '../model/obstacle.ts';
import { RefusalError } from '../model/refusal.ts';
import { forbidden } from '../model/places.ts';

/**
 * Looks at each part of the way to a real path below a real root, right before something is done there: folders are
 * folders and the last part is a file or nothing. What was so when the plan was checked may have become a link since.
 * @throws RefusalError E_PATH
 */
export function assertPlainWay(root: string, absolute: string): void {
  const path = relative(root, absolute);
  const parts = path.split(sep);
  const never = parts[0] === '..' ? 'is outside the repository' : forbidden(parts.join('/'));
  if (never !== undefined) throw new RefusalError(notWritten(parts.join('/'), never));
  parts.reduce((folder, part, index) => {
    const at = join(folder, part);
    const found = lstatSync(at, { throwIfNoEntry: false });
    const isLast = index === parts.length - 1;
    if (found !== undefined && !(isLast ? found.isFile() : found.isDirectory()))
      throw new RefusalError(
        notWritten(parts.join('/'), `has another entry in its path: ${relative(root, at)}`),
      );
    return at;
  }, root);
}

/** The same of a folder. @throws RefusalError E_PATH */
export function assertPlainFolder(root: string, absolute: string): void {
  // Any name will do: only what leads to it is asked about.
  assertPlainWay(root, join(absolute, '.s2s.any'));
}

export function notWritten(path: string, reason: string): Obstacle {
  return {
    code: 'E_PATH',
    at: { path },
    message: `${JSON.stringify(path)} cannot be written: it ${reason}.`,
    remedy: 'Remove that link or folder, and run the command again.',
  };
}
