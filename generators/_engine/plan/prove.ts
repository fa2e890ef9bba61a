import { parse as parseJson, type ParseError } from 'jsonc-parser';

import type { Obstacle } from '../model/obstacle.ts';
import type { TextChange } from '../model/text-change.ts';
import { prologueEnd } from '../syntax/prologue.ts';
import { parseSource, syntaxErrors, type ts } from '../syntax/tree.ts';
import { tokensOf } from '../syntax/tokens.ts';

/**
 * Proves that an edited file keeps what it had. Code: it parses, its tokens and comments are still there in order,
 * no line went that a change did not touch, the prologue is the same. JSON: it parses, every key keeps its value.
 * Other files: only insertions.
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
    remedy: 'This is a bug of the generator: please report it with the file, and make the edit by hand.',
  };
}

type Damage = Readonly<{ message: string; line?: number }>;

function findDamage(
  path: string,
  base: string,
  next: string,
  changes: readonly TextChange[],
): Damage | undefined {
  if (/\.[cm]?[jt]sx?$/.test(path)) {
    const [before, after] = [parseSource(path, base), parseSource(path, next)];
    return (
      parseDamage(after) ??
      prologueDamage(before, next) ??
      tokenDamage(before, after) ??
      lineDamage(base, next, changes)
    );
  }
  if (path.endsWith('.json')) return jsonDamage(base, next);
  const removal = changes.find(({ start, end }) => end > start);
  if (removal === undefined) return lineDamage(base, next, changes);
  return { message: 'text would be removed from it', line: lineAt(base, removal.start) };
}

function parseDamage(after: ts.SourceFile): Damage | undefined {
  const [error] = syntaxErrors(after);
  return error && { message: `it would not parse (${error.message})`, line: error.line };
}

function prologueDamage(before: ts.SourceFile, next: string): Damage | undefined {
  const prologue = before.text.slice(0, prologueEnd(before));
  return next.startsWith(prologue) ? undefined : { message: 'its preamble would change', line: 1 };
}

function tokenDamage(before: ts.SourceFile, after: ts.SourceFile): Damage | undefined {
  const tokens = tokensOf(after);
  let position = 0;
  for (const { text, start } of tokensOf(before)) {
    while (position < tokens.length && tokens[position]?.text !== text) position += 1;
    if (position === tokens.length) {
      const shown = text.split(/\r?\n/, 1)[0] ?? text;
      return { message: `${shown} would be lost or moved`, line: lineAt(before.text, start) };
    }
    position += 1;
  }
  return undefined;
}

/** Every line that no change touches must be there, in order, byte for byte with its line break. */
function lineDamage(base: string, next: string, changes: readonly TextChange[]): Damage | undefined {
  const kept = linesOf(base).filter((line) => !changes.some((change) => touches(change, line)));
  const lines = linesOf(next);
  let position = 0;
  for (const { text, start } of kept) {
    while (position < lines.length && lines[position]?.text !== text) position += 1;
    if (position === lines.length)
      return { message: 'a line outside the edit would change', line: lineAt(base, start) };
    position += 1;
  }
  return undefined;
}

type Line = Readonly<{ text: string; start: number; end: number }>;

/** Lines with their line break. */
function linesOf(text: string): readonly Line[] {
  return [...text.matchAll(/[^\n]*\n|[^\n]+$/g)].map((match) => {
    return { text: match[0], start: match.index, end: match.index + match[0].length };
  });
}

/** An insertion between two lines touches neither, unless it comes after a last line without a line break. */
function touches({ start, end }: TextChange, line: Line): boolean {
  if (end > start) return start < line.end && end > line.start;
  return start > line.start && (start < line.end || !line.text.endsWith('\n')) && start <= line.end;
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

/** Path of the first key whose value is gone or different; objects may get more keys, lists more elements. */
function lostKey(before: unknown, after: unknown, path: string): string | undefined {
  if (typeof before !== 'object' || before === null)
    return before === after ? undefined : path || 'its value';
  if (typeof after !== 'object' || after === null || Array.isArray(before) !== Array.isArray(after))
    return path || 'its value';
  const found: Readonly<Record<string, unknown>> = { ...after };
  for (const [key, value] of Object.entries(before)) {
    const lost = Object.hasOwn(found, key) ? lostKey(value, found[key], `${path}.${key}`) : `${path}.${key}`;
    if (lost !== undefined) return lost.replace(/^\./, '');
  }
  return undefined;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
