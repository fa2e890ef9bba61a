import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { startsWithBom } from './apply-checks.ts';
import type { Edit } from '../model/edit.ts';
import type { Obstacle } from '../model/obstacle.ts';
import { RefusalError } from '../model/refusal.ts';
import { readBytes } from '../repo/read-bytes.ts';
import { textAfter } from '../repo/repo.ts';

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
