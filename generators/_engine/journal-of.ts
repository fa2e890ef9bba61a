import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

import type { Edit } from './contract.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { readBytes } from './read-bytes.ts';

/** What puts the tree below `root` back as it is now, once `edits` have been written. */
export function journalOf(root: string, edits: readonly Edit[]): Journal {
  const entries = edits.map((edit): JournalEntry => {
    const path = join(root, edit.path);
    // A link inside the repo stays a link: its target is what gets new text.
    const target = existsSync(path) ? realpathSync(path) : path;
    const staged = join(dirname(target), `.${basename(target)}.${String(process.pid)}.s2s`);
    const mode = existsSync(target) ? statSync(target).mode & 0o7777 : null;
    return { target, staged, before: readBytes(target)?.toString('base64') ?? null, mode };
  });
  const emptied = emptiedFolders(root, edits);
  return { pid: process.pid, entries, folders: missingFolders(entries), emptied };
}

/** Folders that hold nothing but files that go, innermost first. */
function emptiedFolders(root: string, edits: readonly Edit[]): readonly string[] {
  const gone = new Set(edits.filter(({ kind }) => kind === 'delete').map(({ path }) => join(root, path)));
  const stays = new Set(edits.filter(({ kind }) => kind !== 'delete').map(({ path }) => join(root, path)));
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
function missingFolders(entries: readonly JournalEntry[]): readonly string[] {
  const missing = new Set<string>();
  for (const { target } of entries) {
    for (let folder = dirname(target); !existsSync(folder); folder = dirname(folder)) missing.add(folder);
  }
  return [...missing].sort((a, b) => a.length - b.length);
}
