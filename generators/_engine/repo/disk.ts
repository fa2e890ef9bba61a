import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
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

/** SHA-256 of bytes, in hex. */
export function hashBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
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

/** Bytes; no declaration file that a compiler has to read is larger. */
const maxDeclarationBytes = 5_000_000;
const declaration = /\/node_modules\/.+(?:\.d\.[cm]?ts|\/package\.json)$/;

/**
 * The text of a declaration file, or of the package.json, of an installed package by its absolute path; undefined for
 * everything else. Packages lie above the root of a repository or behind links, so this is not read through a `Repo`.
 */
export function readInstalledTypes(path: string): string | undefined {
  return isInstalledTypes(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Whether there is such a file. */
export function isInstalledTypes(path: string): boolean {
  if (!declaration.test(path)) return false;
  const found = statSync(path, { throwIfNoEntry: false });
  return (
    found?.isFile() === true && found.size <= maxDeclarationBytes && declaration.test(realpathSync(path))
  );
}

/** Names of the packages in a folder that is called node_modules or lies in one; [] when there is none. */
export function listInstalled(path: string): readonly string[] {
  return isInstalledFolder(path) ? readdirSync(path) : [];
}

/** Whether a folder is called node_modules, or lies in one. */
export function isInstalledFolder(path: string): boolean {
  const isInside = path.endsWith('/node_modules') || path.includes('/node_modules/');
  return isInside && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Where a path below node_modules leads; links of a workspace lead to its packages. */
export function realInstalledPath(path: string): string {
  if (!path.includes('/node_modules/')) return path;
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
