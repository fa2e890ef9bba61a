import type { TextChange } from '../model/text-change.ts';
import { findFragment, type FoundFragment, fragmentWords } from '../syntax/tokens.ts';
import type { Insertion } from './s2s-record.ts';

type Range = Readonly<{ start: number; end: number }>;

/** The places of an insertion by its code. */
export function codeRanges(
  path: string,
  text: string,
  { text: inserted }: Insertion,
): readonly FoundFragment[] {
  return findFragment(path, text, inserted);
}

/** Takes out the code at one of the places, with the separator, line break and blank line that came with it. */
export function codeChange(
  text: string,
  { replaced = '', text: inserted }: Insertion,
  places: readonly FoundFragment[],
  range: Range,
): TextChange {
  const found = places.find(({ start }) => start === range.start);
  if (found === undefined || replaced === '') return removal(text, range, inserted);
  const kept = fragmentWords(replaced);
  const all = fragmentWords(inserted);
  const head = sharedHead(kept, all);
  const tail = sharedHead(
    [...kept].reverse().slice(0, kept.length - head),
    [...all].reverse().slice(0, all.length - head),
  );
  // Something of the code was replaced: the code that was there is put back.
  if (head + tail < kept.length) return { ...range, text: replaced.trim() };
  const own = found.words.slice(head, all.length - tail);
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined) return { start: range.start, end: range.start, text: '' };
  return removal(text, { start: first.start, end: tail === 0 ? range.end : last.end }, inserted);
}

function sharedHead(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}

function removal(text: string, range: Range, inserted: string): TextChange {
  const { start, end } = withSeparator(text, range, inserted);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const next = text.indexOf('\n', end);
  const lineEnd = next === -1 ? text.length : next + 1;
  const isWhole = text.slice(lineStart, start).trim() === '' && text.slice(end, lineEnd).trim() === '';
  if (isWhole) return { ...withBlankLine(text, { start: lineStart, end: lineEnd }, inserted), text: '' };
  const before = /^\s/.test(inserted) ? blanksBefore(text, start) : 0;
  const after = before > 0 ? 0 : (/^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0);
  return { start: start - before, end: end + after, text: '' };
}

/** A list has one separator fewer: the one that was put in with the member, or its only other one. */
function withSeparator(text: string, { start, end }: Range, inserted: string): Range {
  const leads = /^\s*,/.test(inserted);
  if (!leads && !/,\s*$/.test(inserted)) return { start, end };
  const before = /,\s*$/.exec(text.slice(0, start))?.[0];
  const after = /^\s*,/.exec(text.slice(end))?.[0];
  const first = leads ? before : after;
  if (first === undefined && before === undefined) return { start, end: end + (after?.length ?? 0) };
  const takesBefore = before !== undefined && (leads || after === undefined);
  return takesBefore ? { start: start - before.length, end } : { start, end: end + (after?.length ?? 0) };
}

/** A blank line that came with whole lines goes with them. */
function withBlankLine(text: string, { start, end }: Range, inserted: string): Range {
  const isLed = /^[ \t]*\r?\n[ \t]*\r?\n/.test(inserted);
  const isFollowed = /\n[ \t]*\r?\n[ \t]*$/.test(inserted) || /^\r?\n[^]*\n$/.test(inserted);
  const below = /^[ \t]*\r?\n/.exec(text.slice(end))?.[0];
  if (isFollowed && below !== undefined) return { start, end: end + below.length };
  const above = /\n([ \t]*\r?\n)$/.exec(text.slice(0, start))?.[1];
  return isLed && above !== undefined ? { start: start - above.length, end } : { start, end };
}

function blanksBefore(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && (text[at - 1] === ' ' || text[at - 1] === '\t')) at -= 1;
  return offset - at;
}
