import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

import { RefusalError } from '../model/obstacle.ts';

/** The bytes of a file; undefined when there is none. */
export function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A system error with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** The message of an error, without a full stop, to be part of another message. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}

/** Whether a path is `folder` or lies below it. Both are real: no links, no `..`. */
export function isWithin(folder: string, path: string): boolean {
  return (path + sep).startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** More than any manifest has. */
const maxBytes = 5_000_000;

/**
 * The root of the repository: `cwd` when it was given, else the nearest folder at or above the working directory
 * that holds a workspace or a git repository, else the working directory.
 * @throws RefusalError E_INVALID_FLAG when `cwd` is no folder.
 */
export function findRoot(workingDirectory: string, cwd: string | undefined): string {
  if (cwd !== undefined) {
    const root = resolve(workingDirectory, cwd);
    if (isFolder(root)) return root;
    throw new RefusalError({
      code: 'E_INVALID_FLAG',
      message: `--cwd ${cwd} is not a folder.`,
      remedy: 'Pass the root of the repository.',
    });
  }
  const start = resolve(workingDirectory);
  for (let folder = start; ; folder = dirname(folder)) {
    if (isRoot(folder)) return folder;
    if (dirname(folder) === folder) return start;
  }
}

/** Checks a root given through the API. @throws RefusalError E_USAGE when it is not the path of a folder */
export function assertRoot(root: unknown): void {
  if (typeof root === 'string' && isFolder(root)) return;
  const shown = typeof root === 'string' ? JSON.stringify(root) : `of type ${typeof root}`;
  throw new RefusalError({
    code: 'E_USAGE',
    message: `The root ${shown} is not a folder.`,
    remedy: 'Give the absolute path of the root of the repository.',
  });
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function isRoot(folder: string): boolean {
  if (existsSync(join(folder, '.git')) || existsSync(join(folder, 'pnpm-workspace.yaml'))) return true;
  const manifest = join(folder, 'package.json');
  const found = statSync(manifest, { throwIfNoEntry: false });
  // A device or a pipe would never end.
  if (found?.isFile() !== true || found.size > maxBytes) return false;
  return /"workspaces"\s*:/.test(readFileSync(manifest, 'utf8'));
}
