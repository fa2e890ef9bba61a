import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';

/** Bytes; no declaration file that a compiler has to read is larger. */
const maxBytes = 5_000_000;
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
  return found?.isFile() === true && found.size <= maxBytes && declaration.test(realpathSync(path));
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
