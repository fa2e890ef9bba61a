import type { TextChange } from '../model/text-change.ts';
import type { CheckedProgram } from '../program/checked-program.ts';
import { tokensOf } from '../syntax/tokens.ts';
import { pickNodes, ts } from '../syntax/tree.ts';
import { soleDeclaration } from '../program/call-scope.ts';

/**
 * The changes that take away constants and imports which only calls that go have used: the URL, `axios`. Each is one with
 * a token beside it, because undo has to find what stands there instead.
 */
export function unneeded(checked: CheckedProgram, goes: readonly ts.Node[]): readonly TextChange[] {
  const names = goes.flatMap((code) =>
    pickNodes(code, (node) => (ts.isIdentifier(node) && !isMember(node) ? node : undefined)),
  );
  const declarations = new Set(names.flatMap((name) => soleDeclaration(checked, name, goes) ?? []));
  return [...declarations].flatMap((one) => {
    if (ts.isVariableDeclaration(one)) return withoutStatement(one.parent.parent);
    if (ts.isImportSpecifier(one)) return withoutSpecifier(one);
    const { name, namedBindings, parent } = one;
    if (name === undefined || namedBindings === undefined) return withoutStatement(parent);
    return [change(name.getStart(), namedBindings.getStart(), namedBindings)];
  });
}

/** Not one with comments before it: they may be about more than it. */
function withoutStatement(statement: ts.Node): readonly TextChange[] {
  const source = statement.getSourceFile();
  if (ts.getLeadingCommentRanges(source.text, statement.pos) !== undefined) return [];
  const next = tokensOf(source).find(({ start }) => start >= statement.end);
  if (next === undefined) return [];
  const { start, text } = next;
  return [{ start: statement.getStart(), end: start + text.length, text, rewrites: true }];
}

function withoutSpecifier(specifier: ts.ImportSpecifier): readonly TextChange[] {
  const { elements } = specifier.parent;
  const clause = specifier.parent.parent;
  const index = elements.indexOf(specifier);
  const [before, after] = [elements[index - 1], elements[index + 1]];
  if (after !== undefined) return [change(specifier.getStart(), after.getStart(), after)];
  if (before !== undefined)
    return [{ start: before.getStart(), end: specifier.end, text: before.getText(), rewrites: true }];
  return clause.name === undefined ? withoutStatement(clause.parent) : [];
}

/** Takes away [start, end), which another node follows. */
function change(start: number, end: number, next: ts.Node): TextChange {
  const [first] = tokensOf(next);
  const text = first?.text ?? '';
  return { start, end: end + text.length, text, rewrites: true };
}

function isMember(node: ts.Identifier): boolean {
  return ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
}
