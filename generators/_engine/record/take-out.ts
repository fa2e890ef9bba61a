import { parse as parseJson } from 'jsonc-parser';

import { dropDependency } from '../edit/ensure-dependency.ts';
import { applyChanges, type TextChange } from '../model/text-change.ts';
import { parseSource, spend, syntaxErrors } from '../syntax/tree.ts';
import { occurrences } from './insertions.ts';
import type { Insertion } from './s2s-record.ts';
import { codeChange, codeRanges } from './take-out-code.ts';

/** A text without what was put into it, and what was edited since and is in it still. */
interface TakenOut {
  readonly text: string;
  readonly blocked: readonly Readonly<{ line: number; diff: string }>[];
}

/** The places of one insertion in a text: exact, or of its code. */
type Places = Readonly<{ ranges: readonly Range[]; changeAt: (range: Range) => TextChange }>;
type Range = Readonly<{ start: number; end: number }>;

/**
 * Takes insertions out of a file of the user's. `all`: everything that was ever put in and not taken out, oldest first;
 * `wanted`: those of them that go. Each is found byte for byte, else by its code, properties or lines. What nobody finds
 * any more is gone already, unless an edited form of it is there.
 */
export function takeOut(
  path: string,
  text: string,
  all: readonly Insertion[],
  wanted: ReadonlySet<Insertion>,
): TakenOut {
  const kept = all.filter((insertion) => !wanted.has(insertion));
  const gone: Insertion[] = [];
  const lost: Insertion[] = [];
  let rest = text;
  // The newest first: an older one may have it inside.
  for (const insertion of all.filter((one) => wanted.has(one)).reverse()) {
    const change = locate(path, rest, insertion, { gone, taken: takenBy(path, rest, insertion, kept) });
    if (change === undefined) lost.push(insertion);
    else {
      rest = applyChanges(rest, [change]);
      gone.push(insertion);
    }
  }
  const start: TakenOut = { text: rest, blocked: [] };
  return lost.reduce((before, insertion) => takeEdited(path, before, insertion, text), start);
}

function placeOf({ place = [1, 1] }: Insertion): readonly [index: number, count: number] {
  return place;
}

/** The places of equal insertions that stay and are newer: places are counted when a run has put in its own. */
function takenBy(
  path: string,
  text: string,
  insertion: Insertion,
  kept: readonly Insertion[],
): readonly Range[] {
  const [, own] = placeOf(insertion);
  const newer = kept.filter((one) => one.text === insertion.text && placeOf(one)[1] > own);
  const counts = [...new Set(newer.map((one) => placeOf(one)[1]))].sort((a, b) => b - a);
  return counts.reduce<readonly Range[]>((taken, count) => {
    const run = newer.filter((one) => placeOf(one)[1] === count);
    return [...taken, ...run.flatMap((one) => locate(path, text, one, { gone: [], taken }) ?? [])];
  }, []);
}

/** Equal insertions: those that were taken out, and the places of newer ones. */
type Others = Readonly<{ gone: readonly Insertion[]; taken: readonly Range[] }>;

/** The change that takes one insertion out; undefined when it is not in the text, or nobody can tell where. */
function locate(
  path: string,
  text: string,
  insertion: Insertion,
  { gone, taken }: Others,
): TextChange | undefined {
  const isFree = ({ start, end }: Range): boolean =>
    !taken.some((other) => start < other.end && other.start < end);
  const [place, counted] = placeOf(insertion);
  const siblings = gone.filter((one) => one.text === insertion.text && placeOf(one)[1] === counted);
  const index = place - siblings.filter((one) => placeOf(one)[0] < place).length;
  const count = counted - siblings.length;
  for (const { ranges, changeAt } of placesOf(path, text, insertion)) {
    const free = ranges.filter(isFree);
    const range = free.length === count ? free[index - 1] : undefined;
    const change = range && changeAt(range);
    if (change !== undefined && parsesStill(path, text, change)) return change;
  }
  return undefined;
}

function placesOf(path: string, text: string, insertion: Insertion): readonly Places[] {
  const own = text.includes('\r\n') ? '\r\n' : '\n';
  const forms = [insertion, withEol(insertion, own)];
  const exact = forms.map((form): Places => ({
    ranges: occurrences(text, form.text)
      // A line break is not taken apart.
      .filter((start) => !(form.text.startsWith('\n') && text[start - 1] === '\r'))
      .map((start) => ({ start, end: start + form.text.length })),
    changeAt: (range) => ({ ...range, text: form.replaced ?? '' }),
  }));
  if (!isCode(path)) return exact;
  const ranges = codeRanges(path, text, insertion);
  return [...exact, { ranges, changeAt: (range) => codeChange(text, insertion, ranges, range) }];
}

function withEol(insertion: Insertion, eol: string): Insertion {
  const { text, replaced } = insertion;
  const own = (lines: string): string => lines.replace(/\r?\n/g, eol);
  return { ...insertion, text: own(text), ...(replaced !== undefined && { replaced: own(replaced) }) };
}

function isCode(path: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(path);
}

function parsesStill(path: string, text: string, change: TextChange): boolean {
  const isBroken = (code: string): boolean => syntaxErrors(parseSource(path, code)).length > 0;
  return !isCode(path) || isBroken(text) || !isBroken(applyChanges(text, [change]));
}

/** Takes out what was edited where a name tells what it is; else it is gone, or in the way. */
function takeEdited(path: string, before: TakenOut, insertion: Insertion, now: string): TakenOut {
  if (path.endsWith('.json')) return { ...before, text: withoutProperties(before.text, insertion) };
  if (!isCode(path)) {
    const { changes, edited } = lineChanges(before.text, insertion);
    const blocked = edited.map((one) => ({ ...one, line: lineIn(now, one.now) }));
    return { text: applyChanges(before.text, changes), blocked: [...before.blocked, ...blocked] };
  }
  const left = findLeft(path, before.text, insertion);
  if (left === undefined) return before;
  return { ...before, blocked: [...before.blocked, { diff: left.diff, line: lineIn(now, left.line) }] };
}

function lineIn(text: string, line: string): number {
  return text.split('\n').findIndex((one) => one.trim() === line.trim()) + 1;
}

/** Packages may have other versions and neighbours by now. */
function withoutProperties(text: string, { replaced = '', text: inserted }: Insertion): string {
  const namesIn = (part: string): readonly string[] =>
    [...part.matchAll(/"([^"]+)"\s*:\s*"/g)].map(([, name = '']) => name);
  const before = new Set(namesIn(replaced));
  if (parseJson(text) === undefined) return text;
  return namesIn(inserted)
    .filter((name) => !before.has(name))
    .reduce((rest, name) => dropDependency(rest, name) ?? rest, text);
}

/** A line that is there still of an insertion, edited or not, and how it differs. */
type Left = Readonly<{ line: string; diff: string }>;

/** What is still there of an insertion that is not found as it was; undefined when somebody took it out by hand. */
function findLeft(
  path: string,
  text: string,
  { replaced = '', text: inserted }: Insertion,
): Left | undefined {
  const old = new Set(trimmedLines(replaced));
  const now = trimmedLines(text).filter((line) => !old.has(line));
  const words = now.map((line) => new Set(wordsIn(line)));
  const counts = new Map<string, number>();
  for (const word of words.flatMap((some) => [...some])) counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const line of trimmedLines(inserted).filter((one) => !old.has(one))) {
    const own = wordsIn(line);
    spend(now.length, () => path);
    if (line.length >= 3 && own.length > 0 && now.includes(line)) return { line, diff: `-${line}` };
    const edited = now.find((_, index) => sharesMost(own, words[index] ?? new Set(), counts));
    if (edited !== undefined) return { line: edited, diff: `-${line}\n+${edited}` };
  }
  return undefined;
}

function trimmedLines(text: string): readonly string[] {
  return text.split('\n').map((line) => line.trim());
}

/** Words count the more, the fewer other lines have them: `app.register` tells little, the name of our plugin all. */
function sharesMost(
  words: readonly string[],
  others: ReadonlySet<string>,
  counts: ReadonlyMap<string, number>,
): boolean {
  const weigh = (some: readonly string[]): number =>
    some.reduce((sum, word) => sum + 1 / Math.max(counts.get(word) ?? 1, 1), 0);
  const shared = words.filter((word) => others.has(word));
  return shared.length > 0 && weigh(shared) * 2 > weigh(words);
}

const keywords = new Set('await async const return import export from function new let default'.split(' '));

/** Names, with what belongs to them: `app.register`, `fastify-plugin`, `utils/retry-policy.js`. */
function wordsIn(line: string): readonly string[] {
  const words = line.match(/[A-Za-z_$@][\w$@/.-]*/g)?.map((word) => word.toLowerCase()) ?? [];
  return words.filter((word) => !keywords.has(word));
}

interface Lines {
  readonly changes: readonly TextChange[];
  /** Lines that name a variable of the insertion and give it another value. */
  readonly edited: readonly Readonly<{ now: string; diff: string }>[];
}

/** Takes the lines of an insertion out of a file that is no code: each by its text, a variable by its name. */
function lineChanges(text: string, { replaced = '', text: inserted }: Insertion): Lines {
  const old = new Set(replaced.split('\n').map((line) => line.trim()));
  const wanted = inserted
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !old.has(line));
  const lines = linesOf(text);
  const changes: TextChange[] = [];
  const edited: Lines['edited'][number][] = [];
  for (const line of wanted) {
    const same = lines.filter((one) => one.text.trim() === line);
    const name = nameIn(line);
    const [only, other] = same;
    if (only !== undefined && other === undefined)
      changes.push({ start: only.start, end: only.end, text: '' });
    const changed = name === undefined ? undefined : lines.find((one) => nameIn(one.text) === name);
    if (only === undefined && changed !== undefined)
      edited.push({ now: changed.text, diff: `-${line}\n+${changed.text.trim()}` });
  }
  const sorted = changes.sort((a, b) => a.start - b.start);
  return { changes: withBlankLine(text, sorted, inserted), edited };
}

function linesOf(text: string): readonly Readonly<{ text: string; start: number; end: number }>[] {
  let offset = 0;
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => {
    const start = offset;
    offset += line.length;
    return { text: line, start, end: offset };
  });
}

/** `PORT` of `PORT=1`, `# PORT=`, `- PORT=1` and `PORT: 1`. */
function nameIn(line: string): string | undefined {
  return /^[\s#-]*(?:export\s+)?["']?([A-Z][A-Z0-9_]+)["']?\s*[=:]/.exec(line)?.[1];
}

function withBlankLine(
  text: string,
  changes: readonly TextChange[],
  inserted: string,
): readonly TextChange[] {
  const [first] = changes;
  if (first === undefined || !/^\r?\n/.test(inserted)) return changes;
  const above = /(?:^|\n)([ \t]*\r?\n)$/.exec(text.slice(0, first.start))?.[1];
  return above === undefined
    ? changes
    : [{ ...first, start: first.start - above.length }, ...changes.slice(1)];
}
