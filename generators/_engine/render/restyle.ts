import type { Style } from '../model/code-facts.ts';
import { applyChanges, insertion, type TextChange } from '../model/text-change.ts';
import { quoteBody } from '../syntax/print.ts';
import { tokensOf } from '../syntax/tokens.ts';
import { parseSource, pickNodes, ts, walk } from '../syntax/tree.ts';

/**
 * Rewrites TypeScript from the templates' canonical style (single quotes, semicolons, 2 spaces, trailing commas,
 * LF) in the style of a service. Changes nothing but these; it does not break or join lines.
 */
export function restyle(text: string, style: Style): string {
  const source = parseSource('restyle.ts', text);
  const changes: TextChange[] = [...requote(source, style.quote)];
  if (!style.semicolons) changes.push(...dropSemicolons(source));
  if (!style.trailingCommas) changes.push(...dropTrailingCommas(source));
  if (style.indent !== '  ') changes.push(...reindent(source, style.indent));
  const body = applyChanges(text, changes).replace(/\n+$/, '') + (style.finalNewline ? '\n' : '');
  return style.eol === '\n' ? body : body.replaceAll('\n', style.eol);
}

/** Puts string literals into the wanted quotes, unless that needs more escapes; never template literals. */
function requote(source: ts.SourceFile, quote: Style['quote']): readonly TextChange[] {
  return pickNodes(source, (node) => {
    if (!ts.isStringLiteral(node)) return undefined;
    const [start, end] = [node.getStart(source), node.getEnd()];
    const old = source.text.slice(start, end);
    const text = quoteBody(old.slice(1, -1), quote);
    return text === old ? undefined : { start, end, text };
  });
}

/** Statement kinds that end in a semicolon which a line break can stand for. */
const statementKinds: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.VariableStatement,
  ts.SyntaxKind.ExpressionStatement,
  ts.SyntaxKind.ReturnStatement,
  ts.SyntaxKind.ThrowStatement,
  ts.SyntaxKind.BreakStatement,
  ts.SyntaxKind.ContinueStatement,
  ts.SyntaxKind.DebuggerStatement,
  ts.SyntaxKind.DoStatement,
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.ImportEqualsDeclaration,
  ts.SyntaxKind.ExportDeclaration,
  ts.SyntaxKind.ExportAssignment,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.ModuleDeclaration,
]);

/** Tokens that would carry on the line before, were there no semicolon in between. */
const continues = /^[([`+\-/<]/;
/** The same for members of a class or an interface. */
const continuesMember = /^(?:[([*<]|(?:in|instanceof)\b)/;

/** Takes off the semicolons that a line break can stand for; where the next line would carry on, it gets one. */
function dropSemicolons(source: ts.SourceFile): readonly TextChange[] {
  const changes: TextChange[] = [];
  walk(source, (node) => {
    const isStatement = statementKinds.has(node.kind);
    if (!isStatement && !ts.isClassElement(node) && !ts.isTypeElement(node)) return undefined;
    const semicolon = node.getLastToken(source);
    if (semicolon?.kind !== ts.SyntaxKind.SemicolonToken) return undefined;
    const next = nextTokenStart(source, semicolon.end);
    const rest = source.text.slice(next);
    const breaks =
      source.text.slice(semicolon.end, next).includes('\n') || rest === '' || rest.startsWith('}');
    if (!breaks || (!isStatement && needsOwnSemicolon(node, rest))) return undefined;
    changes.push({ start: semicolon.end - 1, end: semicolon.end, text: '' });
    if (isStatement && continues.test(rest)) changes.push(insertion(next, ';'));
    return undefined;
  });
  return changes;
}

/** A field called `get`, `set` or `static` would become a modifier of the next member. */
function needsOwnSemicolon(member: ts.Node, rest: string): boolean {
  if (continuesMember.test(rest)) return true;
  return ts.isPropertyDeclaration(member) && member.initializer === undefined && member.type === undefined
    ? ['get', 'set', 'static', 'accessor'].includes(member.name.getText())
    : false;
}

/** Start of the first token at or after `offset`, past white space and comments. */
function nextTokenStart(source: ts.SourceFile, offset: number): number {
  const trivia = /^(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/.exec(source.text.slice(offset));
  return offset + (trivia?.[0].length ?? 0);
}

/** Takes the comma after the last element off every list; holes in arrays keep theirs. */
function dropTrailingCommas(source: ts.SourceFile): readonly TextChange[] {
  const changes: TextChange[] = [];
  const visitList = (nodes: ts.NodeArray<ts.Node>): undefined => {
    const last = nodes.at(-1);
    if (nodes.hasTrailingComma && last !== undefined && !ts.isOmittedExpression(last)) {
      changes.push({ start: nodes.end - 1, end: nodes.end, text: '' });
    }
    nodes.forEach(visit);
    return undefined;
  };
  const visit = (node: ts.Node): void => {
    ts.forEachChild(
      node,
      (child) => {
        visit(child);
      },
      visitList,
    );
  };
  visit(source);
  return changes;
}

type Span = Readonly<{ start: number; end: number }>;

/**
 * Turns each leading pair of spaces into `indent`. Lines inside template literals stay; those inside a block
 * comment keep their distance from where the comment begins.
 */
function reindent(source: ts.SourceFile, indent: string): readonly TextChange[] {
  const { text } = source;
  const templates = templateSpans(source);
  const comments = commentSpans(source);
  return source.getLineStarts().flatMap((start) => {
    const width = leadingSpaces(text, start);
    if (width === 0 || templates.some((span) => span.start < start && start <= span.end)) return [];
    const comment = comments.find((span) => span.start < start && start < span.end);
    const shared = comment === undefined ? width : Math.min(width, indentOf(source, comment.start));
    const levels = Math.floor(shared / 2);
    if (levels === 0) return [];
    return [{ start, end: start + levels * 2, text: indent.repeat(levels) }];
  });
}

function leadingSpaces(text: string, start: number): number {
  let end = start;
  while (text[end] === ' ') end += 1;
  return end - start;
}

function indentOf(source: ts.SourceFile, offset: number): number {
  const lineStart = offset - source.getLineAndCharacterOfPosition(offset).character;
  return leadingSpaces(source.text, lineStart);
}

function templateSpans(source: ts.SourceFile): readonly Span[] {
  return pickNodes(source, (node) =>
    ts.isTemplateLiteralToken(node) ? { start: node.getStart(source), end: node.getEnd() - 1 } : undefined,
  );
}

function commentSpans(source: ts.SourceFile): readonly Span[] {
  const comments = tokensOf(source).filter(({ text }) => /^\/[/*]/.test(text));
  return comments.map(({ start, text }) => ({ start, end: start + text.length }));
}
