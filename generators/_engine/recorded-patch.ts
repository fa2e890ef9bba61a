import { applyPatch, reversePatch, type StructuredPatchHunk, structuredPatch } from 'diff';

import type { Role } from './contract.ts';

/** A hunk of a unified diff, as jsdiff has it: lines begin with ' ', '+' or '-', line numbers with 1. */
export type Hunk = Readonly<{
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  lines: readonly string[];
}>;

/** What can be taken back of a text, and the hunks whose lines were edited since. */
export interface Reverted {
  readonly text: string;
  readonly blocked: readonly Hunk[];
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
  const blocked: Hunk[] = [];
  let rest = text;
  for (const hunk of [...hunks].reverse()) {
    const next = revert(rest, [hunk]);
    if (next !== undefined) rest = next;
    else if (!isGone(rest, hunk)) blocked.unshift(hunk);
  }
  return { text: rest, blocked };
}

/** How a hunk reads in a diff. */
export function hunkText({ oldStart, oldLines, newStart, newLines, lines }: Hunk): string {
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
  const result = applyPatch(text, reversePatch(patch), { autoConvertLineEndings: false, fuzzFactor });
  return result === false ? undefined : result;
}

/** Somebody has taken these lines out by hand already. */
function isGone(text: string, { lines }: Hunk): boolean {
  const present = new Set(text.split('\n').map((line) => line.trim()));
  const inserted = lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1).trim());
  const removed = lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1).trim());
  return (
    inserted.every((line) => line.length < 3 || !present.has(line)) &&
    removed.every((line) => line.length < 3 || present.has(line))
  );
}
