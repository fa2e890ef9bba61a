import { applyPatch, reversePatch, structuredPatch, type StructuredPatchHunk } from 'diff';

import type { Answers } from '../model/generator.ts';
import type { Role } from '../model/roles.ts';

/** What one run changed in a file of the user's. */
export interface RecordedPatch {
  readonly generator: string;
  readonly role: Role;
  readonly version: string;
  /** Hash of the text that was there; null when the file was not. */
  readonly before: string | null;
  readonly hunks: readonly Hunk[];
  /** Added packages and variables that other code used already. */
  readonly usedBefore?: readonly string[];
}

/** One file that we wrote to: the whole text where it is ours; what we, or later generators in it, changed, oldest first. */
export interface RecordedFile {
  readonly generator: string;
  readonly role: Role;
  readonly version: string;
  /** Hash of the text as we last wrote it. */
  readonly sha256: string;
  /** Lines of a file that is ours, as the template gave them: the base of a later 3-way merge. */
  readonly text?: readonly string[];
  readonly patches?: readonly RecordedPatch[];
}

/** What was asked for, to render it again with later templates. */
export interface RecordedRun {
  readonly version: string;
  readonly answers: Answers;
}

/** What `.s2s.json` holds, which is committed. */
export interface S2sRecord {
  readonly schema: 1;
  /** By service folder, then by generator. */
  readonly services: Readonly<Record<string, Readonly<Record<string, RecordedRun>>>>;
  readonly files: Readonly<Record<string, RecordedFile>>;
}

/** A hunk of a unified diff, as jsdiff has it: lines begin with ' ', '+' or '-', line numbers with 1. */
export type Hunk = Readonly<{
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  lines: readonly string[];
}>;

/** What can be taken back of a text, and the hunks whose lines were edited since, with where and how. */
export interface Reverted {
  readonly text: string;
  readonly blocked: readonly Readonly<{ hunk: Hunk; line: number; diff: string }>[];
}

/** Lines around a hunk that may differ from those of its time: an import that was added next to ours. */
const fuzzFactor = 2;

/**
 * The hunks that lead from `base` to `text`. Environment files are recorded without the lines around: those hold
 * values that are nobody else's business.
 */
export function hunksBetween(base: string, text: string, role: Role): readonly Hunk[] {
  const context = role === 'env' ? 0 : 3;
  return structuredPatch('', '', base, text, undefined, undefined, { context, stripTrailingCr: false }).hunks;
}

/** Takes hunks out of a text, the last one first; lines that were edited since stay and are given back. */
export function revertHunks(text: string, hunks: readonly Hunk[]): Reverted {
  const whole = revert(text, hunks);
  if (whole !== undefined) return { text: whole, blocked: [] };
  const left: Hunk[] = [];
  let rest = text;
  for (const hunk of [...hunks].reverse()) {
    const next = revert(rest, [hunk]);
    if (next !== undefined) rest = next;
    else left.unshift(hunk);
  }
  const blocked = left.flatMap((hunk) => {
    const found = findLeft(rest, hunk);
    if (found === undefined) return [];
    const line = text.split('\n').findIndex((one) => one === found.line) + 1 || hunk.newStart;
    return [{ hunk, line, diff: found.diff ?? hunkText(hunk) }];
  });
  return { text: rest, blocked };
}

/** How a hunk reads in a diff. */
function hunkText({ oldStart, oldLines, newStart, newLines, lines }: Hunk): string {
  const head = `@@ -${String(oldStart)},${String(oldLines)} +${String(newStart)},${String(newLines)} @@`;
  return [head, ...lines].map((line) => line.replace(/\r$/, '')).join('\n');
}

function revert(text: string, hunks: readonly Hunk[]): string | undefined {
  const patch = {
    oldFileName: '',
    newFileName: '',
    oldHeader: '',
    newHeader: '',
    hunks: hunks.map((hunk): StructuredPatchHunk => ({ ...hunk, lines: [...hunk.lines] })),
  };
  const result = applyPatch(text, reversePatch(patch), { autoConvertLineEndings: true, fuzzFactor });
  return result === false ? undefined : result;
}

interface Left {
  readonly line?: string;
  readonly diff?: string;
}

/** What is still there of a hunk, also edited; undefined when somebody has taken it out by hand already. */
function findLeft(text: string, { lines }: Hunk): Left | undefined {
  const sideOf = (signs: string): readonly string[] =>
    lines.filter((line) => signs.includes(line[0] ?? '')).map((line) => line.slice(1).trim());
  const [inserted, removed, old] = [sideOf('+'), sideOf('-'), sideOf(' -')];
  const now = text.split('\n').map((line) => ({ line, trimmed: line.trim() }));
  const isThere = (line: string): boolean => line.length < 3 || now.some(({ trimmed }) => trimmed === line);
  if (!removed.every(isThere)) return {};
  const kept = now.find(({ trimmed }) => trimmed.length >= 3 && inserted.includes(trimmed));
  if (kept !== undefined && !old.includes(kept.trimmed)) return { line: kept.line };
  const usual = new Set(old.flatMap(wordsIn));
  const others = now.filter(({ trimmed }) => !old.includes(trimmed));
  for (const line of inserted) {
    const words = wordsIn(line).filter((word) => !usual.has(word));
    const edited = others.find(({ trimmed }) => sharesHalf(words, wordsIn(trimmed)));
    if (edited !== undefined) return { line: edited.line, diff: `-${line}\n+${edited.trimmed}` };
  }
  return undefined;
}

/** Half of the words that tell a line from its neighbours: it is that line, edited. */
function sharesHalf(words: readonly string[], others: readonly string[]): boolean {
  return words.length > 0 && words.filter((word) => others.includes(word)).length * 2 >= words.length;
}

/** Names, with what belongs to them: `app.register`, `fastify-plugin`, `utils/retry-policy.js`. */
function wordsIn(line: string): readonly string[] {
  return line.match(/[A-Za-z_$@][\w$@/.-]*/g)?.map((word) => word.toLowerCase()) ?? [];
}
