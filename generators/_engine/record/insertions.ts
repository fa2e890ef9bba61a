import type { Edit } from '../model/plan.ts';
import { changesBetween, joinRewrites, type TextChange } from '../model/text-change.ts';
import { textAfter } from '../repo/repo.ts';
import { fragmentWords } from '../syntax/tokens.ts';
import type { Insertion } from './s2s-record.ts';

/** What an edit puts into a file of the user's, in the order of the file. */
export function insertionsOf(edit: Edit): readonly Insertion[] {
  const after = textAfter(edit) ?? '';
  if (edit.kind !== 'patch') return edit.kind === 'create' ? [{ text: after }] : [];
  const declared =
    edit.formatted === undefined
      ? edit.changes
      : joinRewrites(edit.base, changesBetween(edit.base, after), edit.changes);
  const changes = [...declared].sort((a, b) => a.start - b.start || a.end - b.end);
  let grown = 0;
  return changes.map((change) => {
    const at = change.start + grown;
    grown += change.text.length - (change.end - change.start);
    const exact = { text: change.text, replaced: edit.base.slice(change.start, change.end) };
    const chosen = isDistinct(after, exact.text)
      ? exact
      : (wholeLines(edit.base, after, change, at) ?? exact);
    return placed(after, chosen, at);
  });
}

/** Whether it took code away: what it replaced is not in it. */
export function rewrites({ replaced = '', text }: Insertion): boolean {
  const words = fragmentWords(text);
  let position = 0;
  return fragmentWords(replaced).some((word) => {
    position = words.indexOf(word, position) + 1;
    return position === 0;
  });
}

/** It is found again: it stands in the text once, and has a name or a value of its own. */
function isDistinct(after: string, text: string): boolean {
  return wordsOf(text).length > 0 && after.indexOf(text) === after.lastIndexOf(text);
}

const keywords = new Set('await async const return import export from function new let default'.split(' '));

function wordsOf(text: string): readonly string[] {
  return (text.match(/[A-Za-z_$][\w$]{2,}/g) ?? []).filter((word) => !keywords.has(word));
}

/** The same with the rest of its lines, where nothing else was changed in them; undefined where that is no better. */
function wholeLines(
  base: string,
  after: string,
  { end, start, text }: TextChange,
  at: number,
): Required<Pick<Insertion, 'text' | 'replaced'>> | undefined {
  const [from, to] = [start === 0 ? 0 : base.lastIndexOf('\n', start - 1) + 1, lineEnd(base, end)];
  const [head, tail] = [base.slice(from, start), base.slice(end, to)];
  const whole = head + text + tail;
  if (after.slice(at - head.length, at + text.length + tail.length) !== whole) return undefined;
  return isDistinct(after, whole) ? { text: whole, replaced: base.slice(from, to) } : undefined;
}

function lineEnd(text: string, offset: number): number {
  const next = text.indexOf('\n', offset);
  return next === -1 ? text.length : next;
}

function placed(
  after: string,
  { text, replaced }: Required<Pick<Insertion, 'text' | 'replaced'>>,
  at: number,
): Insertion {
  const known = { text, ...(replaced !== '' && { replaced }) };
  const offsets = occurrences(after, text);
  return offsets.length < 2 ? known : { ...known, place: [offsets.indexOf(at) + 1, offsets.length] };
}

/** Offsets at which a text stands in another, one after the end of the one before. */
export function occurrences(text: string, part: string): readonly number[] {
  const found: number[] = [];
  if (part === '') return found;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) found.push(at);
  return found;
}
