import { parse as parseJson, type ParseError } from 'jsonc-parser';

import type { Obstacle } from '../model/obstacle.ts';
import { applyChanges, changesBetween, type TextChange } from '../model/text-change.ts';
import { preambleEnd } from '../syntax/symbols.ts';
import { parseSource, syntaxErrors, ts } from '../syntax/tree.ts';
import { codeOf, type Token, tokensOf } from '../syntax/tokens.ts';

/**
 * Proves that an edited file differs from its base in the declared ranges alone, and keeps what it had. Code: it parses,
 * the preamble is the same, every token and comment is where the ranges leave it, and those in a range are in its
 * new text in their order, but for the code that a change rewrites. JSON: it parses, every key keeps its value. Other files: only insertions. A formatter may have
 * laid out the statements that a range is in; their tokens are the same.
 */
export function proveEdit(
  path: string,
  base: string,
  next: string,
  changes: readonly TextChange[],
): Obstacle | undefined {
  const reason = findDamage(path, base, next, changes);
  if (reason === undefined) return undefined;
  return {
    code: 'E_PROOF',
    at: reason.line === undefined ? { path } : { path, line: reason.line },
    message: `The edit of ${path} would damage it: ${reason.message}. Nothing was written.`,
    remedy:
      reason.remedy ??
      'This is a bug of the generator: please report it with the file, and make the edit by hand.',
  };
}

type Damage = Readonly<{ message: string; line?: number; remedy?: string }>;

function findDamage(
  path: string,
  base: string,
  next: string,
  changes: readonly TextChange[],
): Damage | undefined {
  const declared = applyChanges(base, changes);
  if (/\.[cm]?[jt]sx?$/.test(path)) {
    const [before, after] = [parseSource(path, base), parseSource(path, declared)];
    const damage = codeDamage(before, after, changes);
    if (damage !== undefined || next === declared) return damage;
    return formatDamage(before, after, parseSource(path, next), changes);
  }
  if (next !== declared)
    return {
      message: 'it would differ elsewhere than in what the edit declares',
      line: firstLine(declared, next),
    };
  if (path.endsWith('.json')) return jsonDamage(base, next);
  const removal = changes.find(({ start, end }) => end > start);
  return removal && { message: 'text would be removed from it', line: lineAt(base, removal.start) };
}

function codeDamage(
  before: ts.SourceFile,
  after: ts.SourceFile,
  changes: readonly TextChange[],
): Damage | undefined {
  return parseDamage(after) ?? preambleDamage(before, after.text) ?? tokenDamage(before, after, changes);
}

function parseDamage(after: ts.SourceFile): Damage | undefined {
  const [error] = syntaxErrors(after);
  return error && { message: `it would not parse (${error.message})`, line: error.line };
}

function preambleDamage(before: ts.SourceFile, next: string): Damage | undefined {
  const preamble = before.text.slice(0, preambleEnd(before));
  return next.startsWith(preamble) ? undefined : { message: 'its preamble would change', line: 1 };
}

/** A token outside of the ranges must be the token at its place; one that a range touches, in the range's new text. */
function tokenDamage(
  before: ts.SourceFile,
  after: ts.SourceFile,
  changes: readonly TextChange[],
): Damage | undefined {
  const tokens = tokensOf(after);
  const sorted = [...changes].sort((a, b) => a.start - b.start || a.end - b.end);
  let position = 0;
  for (const { text, start } of keptTokens(before, changes)) {
    const [from, to] = placeOf(start, start + text.length, sorted);
    while ((tokens[position]?.start ?? Infinity) < from) position += 1;
    while (position < tokens.length && tokens[position]?.text !== text) position += 1;
    if ((tokens[position]?.start ?? Infinity) + text.length > to)
      return { message: `${shown(text)} would be lost or moved`, line: lineAt(before.text, start) };
    position += 1;
  }
  return undefined;
}

/** Without the code that a change rewrites: only its comments stay. */
function keptTokens(before: ts.SourceFile, changes: readonly TextChange[]): readonly Token[] {
  const rewritten = changes.filter((change) => change.rewrites === true);
  return tokensOf(before).filter(
    ({ text, start }) =>
      /^\/[/*]/.test(text) ||
      !rewritten.some((range) => range.start <= start && start + text.length <= range.end),
  );
}

/** Where the text has what was at [start, end): just that, or the new text of the ranges that touch it. */
function placeOf(
  start: number,
  end: number,
  sorted: readonly TextChange[],
): readonly [from: number, to: number] {
  let [from, to, before, within] = [start, end, 0, 0];
  for (const change of sorted) {
    const grown = change.text.length - (change.end - change.start);
    if (change.end <= start) before += grown;
    else if (change.start < end) {
      from = Math.min(from, change.start);
      to = Math.max(to, change.end);
      within += grown;
    } else break;
  }
  return [from + before, to + before + within];
}

/** What a formatter has done beside layout, or elsewhere than where the edit is. */
function formatDamage(
  before: ts.SourceFile,
  declared: ts.SourceFile,
  formatted: ts.SourceFile,
  changes: readonly TextChange[],
): Damage | undefined {
  const damage =
    parseDamage(formatted) ??
    preambleDamage(before, formatted.text) ??
    codeDifference(before, declared, formatted, changes) ??
    layoutDamage(before, declared, formatted.text, changes);
  return (
    damage && {
      ...damage,
      message: `${damage.message} by the formatter`,
      remedy: 'Run the command again with --no-format, and format the file by hand.',
    }
  );
}

/** A formatter may sort imports: a new one is elsewhere then, and the others are in their order. */
function codeDifference(
  before: ts.SourceFile,
  declared: ts.SourceFile,
  formatted: ts.SourceFile,
  changes: readonly TextChange[],
): Damage | undefined {
  const [wanted, found] = [codeOf(declared), codeOf(formatted)];
  if (wanted.join('\n') === found.join('\n')) return undefined;
  const isReordered = [...wanted].sort().join('\n') === [...found].sort().join('\n');
  return isReordered ? keptDamage(before, formatted, changes) : { message: 'its code would be changed' };
}

function keptDamage(
  before: ts.SourceFile,
  after: ts.SourceFile,
  changes: readonly TextChange[],
): Damage | undefined {
  const tokens = tokensOf(after);
  let position = 0;
  for (const { text, start } of keptTokens(before, changes)) {
    while (position < tokens.length && tokens[position]?.text !== text) position += 1;
    if (position === tokens.length)
      return { message: `${shown(text)} would be lost or moved`, line: lineAt(before.text, start) };
    position += 1;
  }
  return undefined;
}

function shown(token: string): string {
  return token.split(/\r?\n/, 1)[0] ?? token;
}

/** Where the layout differs, one of the ranges must be, or a statement with a range in it. */
function layoutDamage(
  before: ts.SourceFile,
  { statements, text }: ts.SourceFile,
  next: string,
  changes: readonly TextChange[],
): Damage | undefined {
  const grown = (isBefore: (change: TextChange) => boolean): number =>
    changes.filter(isBefore).reduce((sum, { start, end, text: own }) => sum + own.length - (end - start), 0);
  const ranges = changes.map((change): Range => {
    const { start, end } = statementAround(before, change);
    return widened(text, {
      start: start + grown((other) => other.start < start),
      end: end + grown((other) => other.start <= end),
    });
  });
  const imports = statements.filter(ts.isImportDeclaration);
  const [first, last] = [imports[0], imports.at(-1)];
  // Who sorts imports puts a new one elsewhere.
  if (first !== undefined && last !== undefined && ranges.some(({ start }) => start < last.end))
    ranges.push(widened(text, { start: first.pos, end: last.end }));
  const other = changesBetween(text, next).find(
    ({ start, end }) => !ranges.some((range) => range.start <= start && end <= range.end),
  );
  return (
    other && { message: 'a line would change that the edit is not about', line: lineAt(text, other.start) }
  );
}

type Range = Readonly<{ start: number; end: number }>;

/** With the white space around. */
function widened(text: string, { start, end }: Range): Range {
  const rest = text.slice(end);
  return { start: text.slice(0, start).trimEnd().length, end: end + rest.length - rest.trimStart().length };
}

/** The smallest statement that a range is inside of; a range between the statements of a block is its own. */
function statementAround(source: ts.SourceFile, { start, end }: Range): Range {
  let found: Range = { start, end };
  const visit = (node: ts.Node): void => {
    if (node.getStart(source) >= start || node.getEnd() <= end) return;
    if (ts.isBlock(node) || ts.isModuleBlock(node)) found = { start, end };
    else if (ts.isStatement(node)) found = { start: node.getStart(source), end: node.getEnd() };
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  return found;
}

function jsonDamage(base: string, next: string): Damage | undefined {
  const [before, after] = [parseStrict(base), parseStrict(next)];
  if (before === undefined || after === undefined) return { message: 'it would not parse' };
  const lost = lostKey(before.value, after.value, '');
  return lost === undefined ? undefined : { message: `${lost} would change` };
}

function parseStrict(text: string): { value: unknown } | undefined {
  const errors: ParseError[] = [];
  const value: unknown = parseJson(text, errors, { allowTrailingComma: true });
  return errors.length === 0 ? { value } : undefined;
}

/** Path of the first key whose value is gone or different; objects may get more keys, lists more elements anywhere. */
function lostKey(before: unknown, after: unknown, path: string): string | undefined {
  if (typeof before !== 'object' || before === null)
    return before === after ? undefined : path || 'its value';
  if (typeof after !== 'object' || after === null || Array.isArray(before) !== Array.isArray(after))
    return path || 'its value';
  if (Array.isArray(before)) return lostElement(before, after as readonly unknown[], path);
  const found: Readonly<Record<string, unknown>> = { ...after };
  for (const [key, value] of Object.entries(before)) {
    const lost = Object.hasOwn(found, key) ? lostKey(value, found[key], `${path}.${key}`) : `${path}.${key}`;
    if (lost !== undefined) return lost.replace(/^\./, '');
  }
  return undefined;
}

/** Elements keep their order. */
function lostElement(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
): string | undefined {
  let next = 0;
  for (const [index, value] of before.entries()) {
    const place = `${path}.${String(index)}`;
    while (next < after.length && lostKey(value, after[next], place) !== undefined) next += 1;
    if (next === after.length) return place.replace(/^\./, '');
    next += 1;
  }
  return undefined;
}

function firstLine(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return lineAt(a, at);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
