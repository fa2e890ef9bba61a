import { ts } from './tree.ts';

/**
 * Where the prologue of a file ends: shebang, header comments and directives. A comment that touches the first
 * statement belongs to that, unless it is a licence or speaks to a tool. 0 when there is no prologue.
 */
export function prologueEnd(source: ts.SourceFile): number {
  const { text, statements } = source;
  const body = statements.findIndex((each) => !isDirective(each));
  const directives = statements.slice(0, body === -1 ? undefined : body);
  const start = directives.at(-1)?.getEnd() ?? ts.getShebang(text)?.length ?? 0;
  const bodyStart = statements[directives.length]?.getStart(source) ?? text.length;
  const own = directives.length > 0 ? [] : (ts.getLeadingCommentRanges(text, start) ?? []);
  const header = own.filter((comment, index) => {
    if (comment.end > bodyStart) return false;
    const gapEnd = own[index + 1]?.pos ?? bodyStart;
    const standsAlone = bodyStart === text.length || /\n[ \t]*\r?\n/.test(text.slice(comment.end, gapEnd));
    return standsAlone || isForTools(text.slice(comment.pos, comment.end));
  });
  return header.at(-1)?.end ?? start;
}

/** `'use strict'` and its likes. */
export function isDirective(statement: ts.Statement): boolean {
  return ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression);
}

function isForTools(comment: string): boolean {
  return /^\/[/*]+!?\s*(?:@ts-(?:no)?check|eslint-(?:disable|enable)(?!-)|<reference|@jest-|@vitest-|prettier-ignore-start)|@licen[cs]e|copyright|SPDX/i.test(
    comment,
  );
}
