import { diffLines } from 'diff';

/**
 * Replace [start, end) by `text`. UTF-16 offsets into `base`, the text read from disk without its BOM. `rewrites`: the code
 * in the range gives way to other code, so that the proof of the edit does not look for it in `text`.
 */
export type TextChange = Readonly<{ start: number; end: number; text: string; rewrites?: true }>;

/** An insertion of `text` at a UTF-16 offset. */
export function insertion(offset: number, text: string): TextChange {
  return { start: offset, end: offset, text };
}

/**
 * Applies changes to the text that their offsets refer to. Inserts at one offset keep their order.
 * @throws Error when two changes overlap or one lies outside the text: a bug, never the user's input.
 */
export function applyChanges(base: string, changes: readonly TextChange[]): string {
  const sorted = [...changes].sort((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let position = 0;
  for (const { start, end, text } of sorted) {
    if (start < position || end < start || end > base.length) {
      throw new Error(`change [${String(start)}, ${String(end)}) overlaps another one or leaves the text`);
    }
    result += base.slice(position, start) + text;
    position = end;
  }
  return result + base.slice(position);
}

/**
 * Changes of a text, and changes of what they made of it, as changes of the first text: the ranges of both stay what
 * they are.
 */
export function composeChanges(
  base: string,
  first: readonly TextChange[],
  second: readonly TextChange[],
): readonly TextChange[] {
  const pieces = replaceIn(replaceIn([{ start: 0, end: base.length }], first), second);
  const changes: TextChange[] = [];
  let [position, put] = [0, nothing];
  for (const piece of [...pieces, { start: base.length, end: base.length }]) {
    if ('text' in piece) put = { ...put, ...piece, text: put.text + piece.text };
    else {
      if (piece.start > position || put.text !== '')
        changes.push({ ...put, start: position, end: piece.start });
      [position, put] = [piece.end, nothing];
    }
  }
  return changes;
}

/** A part of the first text by its range there, or a text that was put in. */
type Piece = Put | Range;
type Put = Readonly<Pick<TextChange, 'text' | 'rewrites'>>;
type Range = Readonly<{ start: number; end: number }>;

const nothing: Put = { text: '' };

function replaceIn(pieces: readonly Piece[], changes: readonly TextChange[]): readonly Piece[] {
  const sorted = [...changes].sort((a, b) => a.start - b.start || a.end - b.end);
  const result: Piece[] = [];
  let position = 0;
  for (const { start, end, ...put } of sorted) {
    result.push(...cut(pieces, position, start), put);
    position = end;
  }
  return [...result, ...cut(pieces, position, Infinity)].filter(
    (piece) => !('text' in piece) || piece.text !== '',
  );
}

/** What lies between two offsets of the text that the pieces make. */
function cut(pieces: readonly Piece[], from: number, to: number): readonly Piece[] {
  const found: Piece[] = [];
  let offset = 0;
  for (const piece of pieces) {
    const length = 'text' in piece ? piece.text.length : piece.end - piece.start;
    const [start, end] = [Math.max(from - offset, 0), Math.min(to - offset, length)];
    if (start < end)
      found.push(
        'text' in piece
          ? { ...piece, text: piece.text.slice(start, end) }
          : { start: piece.start + start, end: piece.start + end },
      );
    offset += length;
  }
  return found;
}

/**
 * The same changes, where those that meet a rewritten range of `declared` are one with it: what has replaced a piece of
 * code is looked at as a whole.
 */
export function joinRewrites(
  base: string,
  changes: readonly TextChange[],
  declared: readonly TextChange[],
): readonly TextChange[] {
  const rewrites = declared.filter((change) => change.rewrites === true);
  let rest = changes;
  const joined: TextChange[] = [];
  for (const { start, end } of rewrites) {
    const meets = (other: Range): boolean => other.start <= end && start <= other.end;
    const own = [...rest.filter(meets), ...joined.filter(meets)];
    rest = rest.filter((one) => !meets(one));
    const from = Math.min(start, ...own.map((one) => one.start));
    const to = Math.max(end, ...own.map((one) => one.end));
    const moved = own.map((one) => ({ ...one, start: one.start - from, end: one.end - from }));
    for (const one of own) if (joined.includes(one)) joined.splice(joined.indexOf(one), 1);
    joined.push({ start: from, end: to, text: applyChanges(base.slice(from, to), moved), rewrites: true });
  }
  return [...rest, ...joined];
}

/** The line changes that lead from one text to the other; line endings are compared as they are. */
export function changesBetween(base: string, next: string): readonly TextChange[] {
  const changes: TextChange[] = [];
  let offset = 0;
  let open: { start: number; end: number; text: string } | undefined;
  for (const part of diffLines(base, next, { stripTrailingCr: false })) {
    if (!part.added && !part.removed) {
      if (open !== undefined) changes.push(narrow(base, open));
      open = undefined;
      offset += part.value.length;
      continue;
    }
    open ??= { start: offset, end: offset, text: '' };
    if (part.added) open.text += part.value;
    else {
      offset += part.value.length;
      open.end = offset;
    }
  }
  if (open !== undefined) changes.push(narrow(base, open));
  return changes;
}

/**
 * Takes off what both sides begin or end with, so that a line that only grew counts as an insertion.
 * A pair of UTF-16 units, or of CR and LF, is never taken apart.
 */
function narrow(base: string, { start, end, text }: TextChange): TextChange {
  const old = base.slice(start, end);
  let head = 0;
  while (head < old.length && head < text.length && old[head] === text[head]) head += 1;
  if (splitsPair(old, head) || splitsPair(text, head)) head -= 1;
  let tail = 0;
  const most = Math.min(old.length, text.length) - head;
  while (tail < most && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
  if (splitsPair(old, old.length - tail) || splitsPair(text, text.length - tail)) tail -= 1;
  return { start: start + head, end: end - tail, text: text.slice(head, text.length - tail) };
}

function splitsPair(text: string, offset: number): boolean {
  return /^(?:\r\n|[\uD800-\uDBFF][\uDC00-\uDFFF])$/.test(text.slice(Math.max(offset - 1, 0), offset + 1));
}

/** A text with the line endings of another; as it is where that has none, or both kinds: git may check out CRLF for LF. */
export function withLineEndingsOf(other: string, text: string): string {
  const unix = withUnixLineEndings(text);
  const crlf = other.split('\r\n').length - 1;
  const all = other.split('\n').length - 1;
  if (all === 0 || (crlf > 0 && crlf < all)) return text;
  return crlf === 0 ? unix : unix.replaceAll('\n', '\r\n');
}

/** A text with LF for each CRLF. */
export function withUnixLineEndings(text: string): string {
  return text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text;
}

/** What a failed command says first. */
export function firstLine(text: string): string {
  const filled = text.split('\n').find((line) => line.trim() !== '');
  return filled?.trim() ?? 'no reason given';
}
