import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';

import type { Edit } from '../model/plan.ts';
import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import { hashBytes } from '../record/hash.ts';
import { readBytes } from '../repo/disk.ts';
import { textAfter } from '../repo/repo.ts';
import { startsWithBom } from './apply-checks.ts';
import type { Journal, JournalEntry } from './journal.ts';

const bom = '\u{FEFF}';

/** A file that is to be written: `target` is absolute; without bytes it goes. */
export interface Write {
  readonly edit: Edit;
  readonly target: string;
  readonly bytes: Uint8Array | undefined;
}

/**
 * What edits come to on the disk: a file that two links lead to is written once.
 * @throws RefusalError E_PATH when it would be given two texts.
 */
export function writesOf(root: string, edits: readonly Edit[]): readonly Write[] {
  const writes = new Map<string, Write>();
  for (const edit of edits) {
    const path = join(root, edit.path);
    // A link inside the repo stays a link: its target is what gets new text.
    const target = realOf(path);
    const write = { edit, target, bytes: bytesOf(edit, target) };
    const other = writes.get(target);
    if (other === undefined) writes.set(target, write);
    else if (!isSame(other.bytes, write.bytes)) throw new RefusalError(twoTexts(other.edit, edit));
  }
  return [...writes.values()];
}

/** Of what is not there yet: below the real folder. */
function realOf(path: string): string {
  return existsSync(path) ? realpathSync.native(path) : join(realOf(dirname(path)), basename(path));
}

function bytesOf(edit: Edit, target: string): Uint8Array | undefined {
  const text = textAfter(edit);
  if (text === undefined) return undefined;
  const before = edit.kind === 'create' ? undefined : readBytes(target);
  return Buffer.from((before !== undefined && startsWithBom(before) ? bom : '') + text, 'utf8');
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

function twoTexts(first: Edit, second: Edit): Obstacle {
  return {
    code: 'E_PATH',
    at: { path: second.path },
    message: `${first.path} and ${second.path} are the same file, and this run would write two different texts to it.`,
    remedy: 'Replace the link with a separate file and run the command again.',
  };
}

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
