import type { Style } from '../model/code-facts.ts';
import type { TextChange } from '../model/text-change.ts';
import { ts } from '../syntax/tree.ts';
import { eolAt, indentAt, insertion, lineEnd, sameLine } from './text-lines.ts';

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
