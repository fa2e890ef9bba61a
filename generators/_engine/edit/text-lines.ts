import type { TextChange } from '../model/text-change.ts';
import { ts } from '../syntax/tree.ts';

/** An insertion of `text` at a UTF-16 offset. */
export function insertion(offset: number, text: string): TextChange {
  return { start: offset, end: offset, text };
}

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
