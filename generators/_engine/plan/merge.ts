import { diff3Merge } from 'node-diff3';

/** A text that holds two sides' changes, and where both changed the same lines (1-based). */
export interface Merged {
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
