import type { TextChange } from '../../model/text-change.ts';
import { ts, walk } from '../../syntax/tree.ts';

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
export function dropSemicolons(source: ts.SourceFile): readonly TextChange[] {
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
    if (isStatement && continues.test(rest)) changes.push({ start: next, end: next, text: ';' });
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
