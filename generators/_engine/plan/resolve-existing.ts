import { diff3Merge } from 'node-diff3';

import type { Edit, Finding } from '../model/plan.ts';
import type { Obstacle } from '../model/obstacle.ts';
import { changesBetween, withLineEndingsOf } from '../model/text-change.ts';
import { joinRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { hashCode, isSameCode } from '../record/hash.ts';
import { readRecord } from '../record/record.ts';
import { generatedFile, type S2sRecord } from '../record/s2s-record.ts';
import { textAfter } from '../repo/repo.ts';
import { isWholeFile } from '../model/roles.ts';
import { packVersion } from '../record/version.ts';

/**
 * What becomes of a generated file that was edited when there is something new for it: `merge` both, or refuse where
 * they meet; `mark` the places where they meet; `keep` every file that exists as it is.
 */
export type OnConflict = 'merge' | 'mark' | 'keep';

export interface Resolved {
  readonly edits: readonly Edit[];
  readonly obstacles: readonly Obstacle[];
  /** Files that hold conflict markers now, and those that stay because their base is lost. */
  readonly findings: readonly Finding[];
}

export interface HowToResolve {
  readonly force?: boolean;
  readonly onConflict?: OnConflict;
  /** The recorded texts of generated files, where they can be rendered again. */
  readonly rebuild: (paths: readonly RelPath[]) => Promise<ReadonlyMap<RelPath, string>>;
}

/**
 * Decides about generated files that exist already. Ours and unedited: written anew when the template or the
 * answers changed, not when the service's style did. Ours and edited: left alone when there is nothing new, else
 * merged three ways. Not ours: an obstacle. `force` overwrites.
 */
export async function resolveExisting(
  repo: Repo,
  edits: readonly Edit[],
  { force = false, onConflict = 'merge', rebuild }: HowToResolve,
): Promise<Resolved> {
  const record = readRecord(repo);
  const first = edits.map((edit) => {
    return { edit, verdict: findPathCollision(repo, edit) ?? verdictOn(edit, record, force, onConflict) };
  });
  const edited = first.flatMap(({ edit, verdict }) => (verdict === 'merge' ? [edit.path] : []));
  const bases = edited.length === 0 ? new Map<RelPath, string>() : await rebuild(edited);
  const verdicts = first.map(({ edit, verdict }) =>
    verdict === 'merge' ? mergeVerdict(edit, bases.get(edit.path), onConflict) : verdict,
  );
  return {
    edits: verdicts.flatMap(({ edit }) => edit ?? []),
    obstacles: verdicts.flatMap(({ obstacle }) => obstacle ?? []),
    findings: verdicts.flatMap(({ findings = [] }) => findings),
  };
}

/** What becomes of one edit: it is written, with places to look at, or left out, or refused. */
type Verdict = Readonly<{ edit?: Edit; findings?: readonly Finding[]; obstacle?: Obstacle }>;

const leave: Verdict = {};

function verdictOn(edit: Edit, record: S2sRecord, force: boolean, onConflict: OnConflict): Verdict | 'merge' {
  if (edit.kind === 'patch' && edit.changes.length === 0) return leave;
  if (edit.kind !== 'patch' || !isWholeFile(edit.role) || force) return { edit };
  if (onConflict === 'keep') return leave;
  const hash = generatedFile(record, edit.path)?.hash;
  if (hash === undefined) return { obstacle: notOurs(edit.path) };
  if (hashCode(edit.path, textAfter(edit) ?? '') === hash) return leave;
  return hashCode(edit.path, edit.base) === hash ? { edit } : 'merge';
}

function mergeVerdict(edit: Edit, base: string | undefined, onConflict: OnConflict): Verdict {
  if (edit.kind !== 'patch') return { edit };
  const rendered = textAfter(edit) ?? '';
  if (isSameCode(edit.path, edit.base, rendered)) return leave;
  if (base === undefined)
    return onConflict === 'mark' ? { findings: [lostBase(edit.path)] } : { obstacle: unmergeable(edit.path) };
  const { text, conflicts } = mergeTexts(
    withLineEndingsOf(edit.base, base),
    edit.base,
    withLineEndingsOf(edit.base, rendered),
    `plop-pack-s2s ${packVersion}`,
  );
  if (text === edit.base) return leave;
  const [first] = conflicts;
  if (first !== undefined && onConflict === 'merge') return { obstacle: edited(edit.path, first.mineLine) };
  const merged = { ...edit, changes: changesBetween(edit.base, text), rendered };
  return { edit: merged, findings: conflicts.map(({ markerLine }) => conflictAt(edit.path, markerLine)) };
}

function conflictAt(path: RelPath, line: number): Finding {
  const message = `${path}:${String(line)} was changed by you and by the template: resolve the conflict.`;
  return { state: 'conflict', path, line, message };
}

function lostBase(path: RelPath): Finding {
  const message = `${path} was edited, and the text that it was generated with cannot be rebuilt: it stays as it is. Compare it with the current template, or overwrite it with --force.`;
  return { state: 'edited', path, message };
}

function unmergeable(path: string): Obstacle {
  return {
    code: 'E_FILE_EDITED',
    at: { path },
    message: `${path} was edited, and the text that it was generated with cannot be rebuilt, so the changes cannot be merged.`,
    remedy: 'Keep your version and omit the flag that adds the part, or overwrite it with --force.',
  };
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
export function mergeTexts(base: string, mine: string, theirs: string, label: string): Merged {
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
