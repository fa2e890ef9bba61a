import { diff3Merge } from 'node-diff3';

import type { Edit } from '../model/plan.ts';
import type { Obstacle } from '../model/obstacle.ts';
import { withLineEndingsOf, withUnixLineEndings } from '../model/line-endings.ts';
import { joinRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { readRecord, recordedText } from '../record/record.ts';
import type { S2sRecord } from '../record/s2s-record.ts';
import { textAfter } from '../repo/repo.ts';
import { isWholeFile } from '../model/roles.ts';
import { parseSource } from '../syntax/tree.ts';
import { changesBetween } from '../model/text-change.ts';
import { codeWithSortedImports } from '../syntax/tokens.ts';
import { packVersion } from '../record/version.ts';

/**
 * What becomes of a generated file that was edited when there is something new for it: `merge` both, or refuse where
 * they meet; `mark` the places where they meet; `keep` every file that exists as it is.
 */
export type OnConflict = 'merge' | 'mark' | 'keep';

export interface Resolved {
  readonly edits: readonly Edit[];
  readonly obstacles: readonly Obstacle[];
  /** Files that hold conflict markers now, with the line of each. */
  readonly conflicts: readonly Readonly<{ path: RelPath; line: number }>[];
}

/**
 * Decides about generated files that exist already. Ours and unedited: written anew when the template or the
 * answers changed, not when the service's style did. Ours and edited: left alone when there is nothing new, else
 * merged three ways. Not ours: an obstacle. `force` overwrites.
 */
export function resolveExisting(
  repo: Repo,
  edits: readonly Edit[],
  {
    force = false,
    onConflict = 'merge',
  }: { readonly force?: boolean; readonly onConflict?: OnConflict } = {},
): Resolved {
  const record = readRecord(repo);
  const settled = {
    edits: [] as Edit[],
    obstacles: [] as Obstacle[],
    conflicts: [] as Resolved['conflicts'][number][],
  };
  for (const edit of edits) {
    const verdict = findPathCollision(repo, edit) ?? verdictOn(edit, record, force, onConflict);
    if (verdict.obstacle !== undefined) settled.obstacles.push(verdict.obstacle);
    if (verdict.edit !== undefined) settled.edits.push(verdict.edit);
    for (const line of verdict.conflicts ?? []) settled.conflicts.push({ path: edit.path, line });
  }
  return settled;
}

/** What becomes of one edit: it is written, with the lines (1-based) of conflict markers, or left out, or refused. */
type Verdict = Readonly<{ edit?: Edit; conflicts?: readonly number[]; obstacle?: Obstacle }>;

const leave: Verdict = {};

function verdictOn(edit: Edit, record: S2sRecord, force: boolean, onConflict: OnConflict): Verdict {
  if (edit.kind === 'patch' && edit.changes.length === 0) return leave;
  if (edit.kind !== 'patch' || !isWholeFile(edit.role) || force) return { edit };
  if (onConflict === 'keep') return leave;
  const ours = recordedText(record, edit.path, edit.base);
  if (ours === undefined) return { obstacle: notOurs(edit.path) };
  const rendered = textAfter(edit) ?? '';
  if (isSameCode(edit.path, ours, rendered)) return leave;
  if (ours === edit.base) return { edit };
  const { text, conflicts } = mergeTexts(
    ours,
    edit.base,
    withLineEndingsOf(edit.base, rendered),
    `plop-pack-s2s ${packVersion}`,
  );
  if (text === edit.base) return leave;
  const [first] = conflicts;
  if (first !== undefined && onConflict === 'merge') return { obstacle: edited(edit.path, first.mineLine) };
  const merged = { ...edit, changes: changesBetween(edit.base, text), rendered };
  return { edit: merged, conflicts: conflicts.map(({ markerLine }) => markerLine) };
}

/** Whether two texts of a file differ in nothing but what formatters choose: what is there stays as it is then. */
export function isSameCode(path: string, a: string, b: string): boolean {
  if (withUnixLineEndings(a) === withUnixLineEndings(b)) return true;
  if (/\.[cm]?tsx?$/.test(path)) {
    const [one, other] = [a, b].map((text) => codeWithSortedImports(parseSource(path, text)).join('\0'));
    return one === other;
  }
  return path.endsWith('.json') && valueOf(a) === valueOf(b);
}

/** What a JSON text says; of one that does not parse, the text. */
function valueOf(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

function notOurs(path: string): Obstacle {
  return {
    code: 'E_FILE_EXISTS',
    at: { path },
    message: `${path} exists and was not generated.`,
    remedy: 'Rename or move it, or overwrite it with --force.',
  };
}

function edited(path: string, line: number): Obstacle {
  return {
    code: 'E_FILE_EDITED',
    at: { path, line },
    message: `${path} was edited since it was generated, in lines that this run would also change.`,
    remedy: 'Keep your version and omit the flag that adds the part, or overwrite it with --force.',
  };
}

/** A text that holds two sides' changes, and where both changed the same lines (1-based). */
interface Merged {
  readonly text: string;
  readonly conflicts: readonly Readonly<{ markerLine: number; mineLine: number }>[];
}

/**
 * Merges what two sides made of `base`, line by line (diff3, by node-diff3). Where both changed the same lines, the
 * text holds both between the markers that git writes.
 */
function mergeTexts(base: string, mine: string, theirs: string, label: string): Merged {
  const eol = mine.includes('\r\n') ? '\r\n' : '\n';
  const regions = diff3Merge(linesOf(mine), linesOf(base), linesOf(theirs), { excludeFalseConflicts: true });
  const lines: string[] = [];
  const conflicts: Merged['conflicts'][number][] = [];
  for (const { ok, conflict } of regions) {
    lines.push(...(ok ?? []));
    if (conflict === undefined) continue;
    conflicts.push({ markerLine: lines.length + 1, mineLine: conflict.aIndex + 1 });
    const mark = (sign: string, name: string): string => `${sign.repeat(7)}${name}${eol}`;
    lines.push(mark('<', ' yours'), ...ended(conflict.a, eol), mark('=', ''));
    lines.push(...ended(conflict.b, eol), mark('>', ` ${label}`));
  }
  return { text: lines.join(''), conflicts };
}

/** Lines with their line break. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** A marker needs a line of its own, also after a last line without a line break. */
function ended(lines: readonly string[], eol: string): readonly string[] {
  return lines.map((line) => (line.endsWith('\n') ? line : line + eol));
}

/**
 * What is in the way of a new file: a folder of its name, or, on a disk that does not tell case apart, a file or folder
 * whose name differs from one on its path in nothing but case.
 */
function findPathCollision(repo: Repo, edit: Edit): Verdict | undefined {
  if (edit.kind !== 'create') return undefined;
  const parts = edit.path.split('/');
  for (const [index, name] of parts.entries()) {
    const folder = joinRel(...parts.slice(0, index));
    const alike = repo.list(folder).filter((entry) => entry.name.toLowerCase() === name.toLowerCase());
    const same = alike.find((entry) => entry.name === name);
    if (same !== undefined && index < parts.length - 1) continue;
    const [collision = same] = alike.filter((entry) => entry !== same);
    if (collision === undefined) return undefined;
    return { obstacle: inTheWay(joinRel(folder, collision.name), collision.name, name) };
  }
  return undefined;
}

function inTheWay(path: string, collision: string, name: string): Obstacle {
  const message =
    collision === name
      ? `${path} is a folder or a link where a file would be created.`
      : `${collision} differs only in case from ${name}, which would be created next to it.`;
  return {
    code: 'E_FILE_EXISTS',
    at: { path },
    message,
    remedy: 'Rename or remove it.',
  };
}
