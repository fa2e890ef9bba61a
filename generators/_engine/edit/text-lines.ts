import { insertion, type TextChange } from '../model/text-change.ts';
import { ts } from '../syntax/tree.ts';
import type { Style } from '../model/code-facts.ts';

/** Offset of the line break that ends the line of `offset`, or the end of the text. */
export function lineEnd(text: string, offset: number): number {
  const match = /\r?\n/.exec(text.slice(offset));
  return match === null ? text.length : offset + match.index;
}

/** Offset of the first character of the line of `offset`. */
function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** White space that the line of `offset` begins with. */
export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';
}

/** The line break nearest to `offset`: files with mixed line endings keep each part as it is. */
export function eolAt(text: string, offset: number, otherwise: string): string {
  const after = /\r?\n/.exec(text.slice(offset))?.[0];
  return after ?? text.slice(0, offset).match(/\r?\n/g)?.at(-1) ?? otherwise;
}

/** End of the line on which a statement ends, past trailing comments and past statements that share the line. */
export function statementLineEnd(source: ts.SourceFile, statement: ts.Node): number {
  const { text } = source;
  const comments = ts.getTrailingCommentRanges(text, statement.getEnd());
  const end = lineEnd(text, comments?.at(-1)?.end ?? statement.getEnd());
  const siblings =
    ts.isSourceFile(statement.parent) || ts.isBlock(statement.parent) ? statement.parent.statements : [];
  const next = siblings.find((each) => each.getFullStart() >= statement.getEnd());
  return next !== undefined && next.getStart(source) < end ? statementLineEnd(source, next) : end;
}

/** Start of the comments that touch a statement from above, or of the statement when there are none. */
export function startWithComments(source: ts.SourceFile, statement: ts.Node): number {
  const { text } = source;
  let start = statement.getStart(source);
  const comments = ts.getLeadingCommentRanges(text, statement.getFullStart()) ?? [];
  for (const comment of comments.toReversed()) {
    const isTrailing =
      !text.slice(statement.getFullStart(), comment.pos).includes('\n') && statement.getFullStart() > 0;
    if (isTrailing || /\n[ \t]*\r?\n/.test(text.slice(comment.end, start))) break;
    start = comment.pos;
  }
  return start;
}

/** True when both offsets are on one line. */
export function sameLine(source: ts.SourceFile, a: number, b: number): boolean {
  return source.getLineAndCharacterOfPosition(a).line === source.getLineAndCharacterOfPosition(b).line;
}

/**
 * Adds elements at the end of a list in braces or brackets (named imports, an object, an array). One line stays one line; a list
 * over several lines gets a line for each, and keeps its trailing comma, or the lack of it, and its comments.
 */
export function appendElements(
  source: ts.SourceFile,
  braces: ts.NamedImports | ts.ObjectLiteralExpression | ts.ArrayLiteralExpression,
  texts: readonly string[],
  style: Style,
): readonly TextChange[] {
  const list: ts.NodeArray<ts.Node> = ts.isObjectLiteralExpression(braces)
    ? braces.properties
    : braces.elements;
  const last = list.at(-1);
  const close = braces.getEnd() - 1;
  if (last === undefined) return fillEmpty(source, braces, texts, style);
  const comma = list.hasTrailingComma ? list.end : last.getEnd();
  const joined = texts.join(', ');
  if (sameLine(source, close, last.getEnd())) return [insertion(last.getEnd(), `, ${joined}`)];
  const comments = ts.getTrailingCommentRanges(source.text, comma);
  const end = lineEnd(source.text, comments?.at(-1)?.end ?? comma);
  const eol = eolAt(source.text, end, style.eol);
  const indent = indentAt(source.text, last.getStart(source));
  const lines = texts.map((text) => `${eol}${indent}${text}`);
  if (list.hasTrailingComma) return [insertion(end, lines.map((line) => `${line},`).join(''))];
  return end === last.getEnd()
    ? [insertion(end, `,${lines.join(',')}`)]
    : [insertion(last.getEnd(), ','), insertion(end, lines.join(','))];
}

function fillEmpty(
  source: ts.SourceFile,
  braces: ts.Node,
  texts: readonly string[],
  style: Style,
): readonly TextChange[] {
  const open = braces.getStart(source) + 1;
  const inside = source.text.slice(open, braces.getEnd() - 1);
  if (inside === '' && ts.isArrayLiteralExpression(braces)) return [insertion(open, texts.join(', '))];
  if (inside.trim() === '' && !ts.isObjectLiteralExpression(braces)) {
    return [insertion(open, inside === '' ? ` ${texts.join(', ')} ` : ` ${texts.join(', ')}`)];
  }
  const eol = eolAt(source.text, open, style.eol);
  const outer = indentAt(source.text, braces.getStart(source));
  const end = style.trailingCommas ? ',' : '';
  const lines = `${eol}${outer}${style.indent}${texts.join(`,${eol}${outer}${style.indent}`)}${end}`;
  // A comment inside stays where it is, above what is new.
  if (inside.trim() !== '') return [insertion(open + inside.trimEnd().length, lines)];
  return [insertion(open, inside.includes('\n') ? lines : `${lines}${eol}${outer}`)];
}
