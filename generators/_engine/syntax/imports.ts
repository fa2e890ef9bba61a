import { once } from '../model/run-caches.ts';
import { stringOf, unwrap } from './expressions.ts';
import { ts } from './tree.ts';

/** `name` is what the module calls it: `default`, `*`, or an exported name. */
export interface Imported {
  readonly from: string;
  readonly name: string;
}

/** Local name → what it is imported from; `import`, `import x = require()` and `const x = require()` alike. */
export const importsOf = once((tree: ts.SourceFile): ReadonlyMap<string, Imported> => {
  const found = new Map<string, Imported>();
  for (const statement of tree.statements) {
    if (ts.isImportDeclaration(statement)) addImport(found, statement);
    else if (ts.isImportEqualsDeclaration(statement)) addImportEquals(found, statement);
    else if (ts.isVariableStatement(statement)) addRequires(found, statement);
  }
  return found;
});

/** The specifiers of every import and re-export of a file, in order. */
export function specifiersOf(tree: ts.SourceFile): readonly string[] {
  return tree.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const text = stringOf(statement.moduleSpecifier);
    return text === undefined ? [] : [text];
  });
}

/** `x` for `require('x')`. */
export function requiredModule(node: ts.Expression): string | undefined {
  const call = unwrap(node);
  if (!ts.isCallExpression(call) || !ts.isIdentifier(call.expression) || call.expression.text !== 'require')
    return undefined;
  return stringOf(call.arguments[0]);
}

function addImport(
  found: Map<string, Imported>,
  { importClause, moduleSpecifier }: ts.ImportDeclaration,
): void {
  const from = stringOf(moduleSpecifier);
  if (from === undefined || importClause === undefined) return;
  if (importClause.name !== undefined) found.set(importClause.name.text, { from, name: 'default' });
  const bindings = importClause.namedBindings;
  if (bindings === undefined) return;
  if (ts.isNamespaceImport(bindings)) found.set(bindings.name.text, { from, name: '*' });
  else
    for (const { name, propertyName } of bindings.elements)
      found.set(name.text, { from, name: (propertyName ?? name).text });
}

function addImportEquals(
  found: Map<string, Imported>,
  { name, moduleReference }: ts.ImportEqualsDeclaration,
): void {
  if (!ts.isExternalModuleReference(moduleReference)) return;
  const from = stringOf(moduleReference.expression);
  if (from !== undefined) found.set(name.text, { from, name: 'default' });
}

function addRequires(found: Map<string, Imported>, statement: ts.VariableStatement): void {
  for (const { name, initializer } of statement.declarationList.declarations) {
    const from = initializer === undefined ? undefined : requiredModule(initializer);
    if (from === undefined) continue;
    if (ts.isIdentifier(name)) found.set(name.text, { from, name: 'default' });
    else if (ts.isObjectBindingPattern(name)) {
      for (const element of name.elements) {
        if (!ts.isIdentifier(element.name)) continue;
        const original = element.propertyName;
        const imported =
          original !== undefined && ts.isIdentifier(original) ? original.text : element.name.text;
        found.set(element.name.text, { from, name: imported });
      }
    }
  }
}

/**
 * Where the preamble of a file ends: shebang, header comments and directives. A comment that touches the first
 * statement belongs to that, unless it is a licence or speaks to a tool. 0 when there is no preamble.
 */
export function preambleEnd(source: ts.SourceFile): number {
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
