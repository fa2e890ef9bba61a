import type { Edit, Obstacle, Repo } from './contract.ts';
import { readRecord, recordedText, type S2sRecord } from './record.ts';
import { textAfter } from './repo.ts';
import { isWholeFile } from './roles.ts';

export interface Settled {
  readonly edits: readonly Edit[];
  readonly obstacles: readonly Obstacle[];
}

/**
 * Decides about generated files that exist already. Ours and unedited: written anew when the template or the
 * answers changed, not when the service's style did. Ours and edited: left alone when there is nothing new, else an obstacle. Not ours: an obstacle.
 * `force` overwrites.
 */
export function settleExisting(repo: Repo, edits: readonly Edit[], force: boolean): Settled {
  const record = readRecord(repo);
  const kept: Edit[] = [];
  const obstacles: Obstacle[] = [];
  for (const edit of edits) {
    const verdict = verdictOn(edit, record, force);
    if (verdict === 'write') kept.push(edit);
    else if (verdict !== 'leave') obstacles.push(verdict);
  }
  return { edits: kept, obstacles };
}

function verdictOn(edit: Edit, record: S2sRecord, force: boolean): 'write' | 'leave' | Obstacle {
  if (edit.kind === 'patch' && edit.changes.length === 0) return 'leave';
  if (edit.kind !== 'patch' || !isWholeFile(edit.role) || force) return 'write';
  const ours = recordedText(record, edit.path);
  if (ours === undefined) return notOurs(edit.path);
  if (isSameCode(ours, textAfter(edit) ?? '')) return 'leave';
  return ours === edit.base ? 'write' : edited(edit.path);
}

/** The same but for white space, quotes, semicolons and trailing commas: what is there stays as it is. */
function isSameCode(a: string, b: string): boolean {
  const bare = (text: string): string =>
    text
      .replace(/[\s;]+/g, '')
      .replace(/,(?=[\])}>])/g, '')
      .replace(/["'`]/g, "'");
  return bare(a) === bare(b);
}

function notOurs(path: string): Obstacle {
  return {
    code: 'E_FILE_EXISTS',
    at: { path },
    message: `${path} exists and was not generated here.`,
    remedy: 'Rename or move it, or overwrite it with --force.',
  };
}

function edited(path: string): Obstacle {
  return {
    code: 'E_FILE_EDITED',
    at: { path },
    message: `${path} was edited since it was generated, and this run would write something else into it.`,
    remedy: 'Keep your version and leave the flag out that asks for more, or overwrite it with --force.',
  };
}
