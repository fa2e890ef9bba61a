import type { Style } from '../model/code-facts.ts';
import type { TextChange } from '../model/text-change.ts';
import { isDirective, prologueEnd } from '../syntax/imports.ts';
import { ts } from '../syntax/tree.ts';
import { eolAt, insertion, startWithComments, statementLineEnd } from './text-lines.ts';

/** Where an import of `from` goes: a function from its text to the change. */
export function importPlace(source: ts.SourceFile, from: string, style: Style): (text: string) => TextChange {
  const block = importBlock(source);
  const kind = kindOf(from);
  const sameKind = block.filter((each) => kindOf(moduleOf(each)) === kind);
  // Aliases and relative paths are each in an order of their own.
  const alike = sameKind.filter((each) => moduleOf(each)?.startsWith('.') === from.startsWith('.'));
  const siblings = alike.length > 0 ? alike : sameKind;
  const next = isSorted(siblings) ? siblings.find((each) => (moduleOf(each) ?? '') > from) : undefined;
  if (next !== undefined) return above(source, next, style);
  const after = siblings.at(-1) ?? block.at(-1);
  if (after === undefined) return atTop(source, style);
  const offset = statementLineEnd(source, after);
  return (text) => insertion(offset, eolAt(source.text, offset, style.eol) + text);
}

/** Whether a group is kept in order; where that is so by chance, a place in order reads no worse. */
function isSorted(statements: readonly ts.Statement[]): boolean {
  const names = statements.map((each) => moduleOf(each) ?? '');
  return names.length > 1 && names.every((name, index) => index === 0 || (names[index - 1] ?? '') <= name);
}

/** Above a statement and the comments that belong to it, below a licence that touches them. */
function above(source: ts.SourceFile, next: ts.Statement, style: Style): (text: string) => TextChange {
  const comments = ts.getLeadingCommentRanges(source.text, next.getFullStart()) ?? [];
  const starts = [startWithComments(source, next), ...comments.map(({ pos }) => pos), next.getStart(source)];
  const offset = starts.find((start) => start >= prologueEnd(source)) ?? next.getStart(source);
  return (text) => insertion(offset, text + eolAt(source.text, offset, style.eol));
}

/** The first run of imports below the directives; calls of require count, since files in CommonJS have those. */
function importBlock(source: ts.SourceFile): readonly ts.Statement[] {
  const body = source.statements.filter((each) => !isDirective(each));
  const start = body.findIndex((each) => moduleOf(each) !== undefined);
  if (start === -1) return [];
  const rest = body.slice(start);
  const length = rest.findIndex((each) => moduleOf(each) === undefined);
  return length === -1 ? rest : rest.slice(0, length);
}

function moduleOf(statement: ts.Statement): string | undefined {
  if (ts.isImportDeclaration(statement)) return textOf(statement.moduleSpecifier);
  if (ts.isImportEqualsDeclaration(statement)) {
    const { moduleReference } = statement;
    return ts.isExternalModuleReference(moduleReference) ? textOf(moduleReference.expression) : undefined;
  }
  if (!ts.isVariableStatement(statement)) return undefined;
  const initializer = statement.declarationList.declarations[0]?.initializer;
  if (initializer === undefined || !ts.isCallExpression(initializer)) return undefined;
  const [argument] = initializer.arguments;
  return initializer.expression.getText() === 'require' && argument !== undefined
    ? textOf(argument)
    : undefined;
}

function textOf(node: ts.Expression): string {
  return ts.isStringLiteral(node) ? node.text : '';
}

function kindOf(specifier: string | undefined): 'builtin' | 'package' | 'own' {
  if (specifier?.startsWith('node:') === true) return 'builtin';
  return specifier !== undefined && /^(?:[.~#]|@\/)/.test(specifier) ? 'own' : 'package';
}

/** Below the prologue, above the first statement and the comments that belong to it. */
function atTop(source: ts.SourceFile, style: Style): (text: string) => TextChange {
  const end = prologueEnd(source);
  const first = source.statements.find((each) => each.getStart(source) >= end);
  const eol = eolAt(source.text, end, style.eol);
  if (first !== undefined) {
    const below = end + (/^[ \t]*\r?\n/.exec(source.text.slice(end))?.[0].length ?? 0);
    const offset =
      end === 0 ? startWithComments(source, first) : Math.max(startWithComments(source, first), below);
    const lead = offset > 0 && source.text[offset - 1] !== '\n' ? eol : '';
    return (text) => insertion(offset, `${lead}${text}${eol}${eol}`);
  }
  const { text: old } = source;
  const lead = old === '' || old.endsWith('\n') ? '' : eol;
  return (text) => insertion(old.length, `${lead}${text}${style.finalNewline ? eol : ''}`);
}
