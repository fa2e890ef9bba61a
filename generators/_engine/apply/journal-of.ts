import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

import { type RelPath, toRel } from '../model/paths.ts';
import { hashBytes } from '../record/hash.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { readBytes } from '../repo/read-bytes.ts';
import type { Write } from './writes-of.ts';

/** What puts the tree below `root` back as it is now, once `writes` have been made. */
export function journalOf(root: string, writes: readonly Write[], start: Journal): Journal {
  const entries = writes.map(({ target, bytes }): JournalEntry => {
    const mode = existsSync(target) ? statSync(target).mode & 0o7777 : null;
    const before = readBytes(target)?.toString('base64') ?? null;
    const after = bytes === undefined ? null : hashBytes(bytes);
    return { target: relOf(root, target), before, after, mode };
  });
  const emptied = emptiedFolders(root, writes).map((path) => relOf(root, path));
  const folders = missingFolders(writes.map(({ target }) => target));
  return { ...start, entries, folders: folders.map((path) => relOf(root, path)), emptied };
}

function relOf(root: string, absolute: string): RelPath {
  return toRel(relative(root, absolute).split(sep).join('/'));
}

/** Folders that hold nothing but files that go, innermost first. */
function emptiedFolders(root: string, writes: readonly Write[]): readonly string[] {
  // What a link leads to may have other users, and goes on leading somewhere.
  const plain = writes.filter(({ edit, target }) => target === join(root, edit.path));
  const gone = new Set(plain.filter(({ bytes }) => bytes === undefined).map(({ target }) => target));
  const stays = new Set(writes.filter(({ bytes }) => bytes !== undefined).map(({ target }) => target));
  const emptied: string[] = [];
  for (const path of gone) {
    for (let folder = dirname(path); folder !== root && !gone.has(folder); folder = dirname(folder)) {
      const isLast = readdirSync(folder).every((name) => gone.has(join(folder, name)));
      if (!isLast || [...stays].some((one) => one.startsWith(folder + sep))) break;
      emptied.push(folder);
      gone.add(folder);
    }
  }
  return emptied;
}

/** Folders that do not exist yet, outermost first. */
function missingFolders(targets: readonly string[]): readonly string[] {
  const missing = new Set<string>();
  for (const target of targets) {
    for (let folder = dirname(target); !existsSync(folder); folder = dirname(folder)) missing.add(folder);
  }
  return [...missing].sort((a, b) => a.length - b.length);
}
