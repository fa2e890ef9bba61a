import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import type { Edit } from '../model/plan.ts';
import type { RelPath } from '../model/paths.ts';
import { isPrivate } from '../model/roles.ts';
import { RefusalError } from '../model/obstacle.ts';
import type { Entry, Repo } from '../model/repo.ts';
import { applyChanges } from '../model/text-change.ts';
import { hasCode, isWithin } from './disk.ts';

const BOM = '\u{FEFF}';
/** No file that anybody writes has more; one that has is as good as not there. */
const maxBytes = 20_000_000;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Opens the files below an absolute root for reading. Links that lead out of the root are not followed.
 * Each file and folder is read once: a plan is made on one state of the disk, which apply checks before it writes.
 */
export function openRepo(root: string): Repo {
  const realRoot = realpathSync.native(root);
  const texts = new Map<RelPath, string | undefined>();
  const folders = new Map<RelPath, readonly Entry[]>();
  /** Folders that the one around them has told of: they are no links, and lie where they seem to. */
  const plain = new Set<string>();
  const repo: Repo = {
    root: realRoot,
    get origin() {
      return repo;
    },
    read(path) {
      if (!texts.has(path)) texts.set(path, readText(realRoot, path));
      return texts.get(path);
    },
    list(path) {
      const known = folders.get(path);
      if (known !== undefined) return known;
      const entries = listFolder(realRoot, path, plain.has(path));
      for (const { kind, name } of entries)
        if (kind === 'directory') plain.add(path === '' ? name : `${path}/${name}`);
      folders.set(path, entries);
      return entries;
    },
    since: () => repo,
  };
  return repo;
}

/** What a file holds once the edit is applied; undefined when it is deleted. */
export function textAfter(edit: Edit): string | undefined {
  if (edit.kind === 'delete') return undefined;
  if (edit.kind === 'create') return edit.text;
  return edit.formatted ?? applyChanges(edit.base, edit.changes);
}

function readText(root: string, path: RelPath): string | undefined {
  const absolute = join(root, path);
  if (!isReadable(root, absolute)) return undefined;
  const bytes = readFileSync(absolute);
  try {
    const text = decoder.decode(bytes);
    return text.startsWith(BOM) ? text.slice(1) : text;
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new RefusalError({
      code: 'E_NOT_UTF8',
      at: { path },
      message: `${path} is not valid UTF-8, so its text cannot be edited without changing it.`,
      remedy: 'Convert the file to UTF-8 and run the command again.',
    });
  }
}

/** A regular file of a bearable size whose real path is below the real root; links inside the root are followed. */
function isReadable(root: string, absolute: string): boolean {
  try {
    const real = realpathSync.native(absolute);
    if (!isWithin(root, real)) return false;
    if (real !== absolute && isPrivate(relative(root, real).split(sep).join('/'))) return false;
    const found = statSync(real);
    return found.isFile() && found.size <= maxBytes;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** `isPlain`: it is known to be a folder inside the root, and no link. */
function listFolder(root: string, path: RelPath, isPlain: boolean): readonly Entry[] {
  try {
    const absolute = join(root, path);
    if (!isPlain && !isPlainFolder(root, absolute)) return [];
    return readdirSync(absolute, { withFileTypes: true })
      .map((entry): Entry => {
        const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other';
        return { name: entry.name, kind };
      })
      .sort(byName);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isPlainFolder(root: string, absolute: string): boolean {
  return isWithin(root, realpathSync.native(absolute)) && !lstatSync(absolute).isSymbolicLink();
}

function byName(a: Entry, b: Entry): number {
  return a.name < b.name ? -1 : 1;
}

function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP');
}
