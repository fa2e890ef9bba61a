import { hasModifier, memberOf, receiverOf, stringOf, unwrap } from './expressions.ts';
import { spend, ts } from './tree.ts';
import { once } from '../model/run-caches.ts';

/** What TypeScript's binder writes into the nodes; its types are not public. */
interface Bound {
  /** What is exported has a symbol of its own there. */
  readonly locals?: ReadonlyMap<string, ts.Symbol & { readonly exportSymbol?: ts.Symbol }>;
  readonly symbol?: ts.Symbol;
}

type Binder = Readonly<{ bindSourceFile(tree: ts.SourceFile, options: ts.CompilerOptions): void }>;
const { bindSourceFile } = ts as unknown as Binder;

/** Names of values; a type of the same name does not hide one. */
const values = ts.SymbolFlags.Value | ts.SymbolFlags.Alias;

/** The symbol that a name has where `from` is: the nearest one, imports included. Binds the file once. */
export function findSymbol(from: ts.Node, name: string): ts.Symbol | undefined {
  bind(from.getSourceFile());
  for (let at = from.parent as ts.Node | undefined; at !== undefined; at = at.parent as ts.Node | undefined) {
    const local = (at as Bound).locals?.get(name);
    const found = local?.exportSymbol ?? local;
    if (found !== undefined && (found.flags & values) !== 0) return found;
    const isNamed = (ts.isFunctionExpression(at) || ts.isClassExpression(at)) && at.name?.text === name;
    if (isNamed) return (at as Bound).symbol;
  }
  return undefined;
}

/** What a file exports by a name, `default` and `export=` too; not what `export *` adds. */
export function findExport(tree: ts.SourceFile, name: string): ts.Symbol | undefined {
  const found = exportsOf(tree)?.get(name);
  return found !== undefined && (found.flags & values) !== 0 ? found : undefined;
}

/** The declarations `export * from '…'` of a file. */
export function starExports(tree: ts.SourceFile): readonly ts.ExportDeclaration[] {
  return exportsOf(tree)?.get('__export')?.declarations?.filter(ts.isExportDeclaration) ?? [];
}

function exportsOf(tree: ts.SourceFile): ReadonlyMap<string, ts.Symbol> | undefined {
  bind(tree);
  return (tree as Bound).symbol?.exports as ReadonlyMap<string, ts.Symbol> | undefined;
}

/** The declaration of a symbol that has its value: of overloads the one with a body. */
export function declarationOf({
  declarations = [],
  valueDeclaration,
}: ts.Symbol): ts.Declaration | undefined {
  const body = declarations.find((one) => ts.isFunctionDeclaration(one) && one.body !== undefined);
  return body ?? valueDeclaration ?? declarations[0];
}

/** The nearest declaration of a name as seen from a node; imports are none. */
export function findDeclaration(from: ts.Node, name: string): ts.Declaration | undefined {
  const symbol = findSymbol(from, name);
  const found = symbol === undefined ? undefined : declarationOf(symbol);
  return found === undefined || importDeclaredBy(found) !== undefined ? undefined : found;
}

/** The top-level statement that declares a name in a file, as a value, a type or an import. */
export function findTopLevel(tree: ts.SourceFile, name: string): ts.Statement | undefined {
  bind(tree);
  const [declaration] = (tree as Bound).locals?.get(name)?.declarations ?? [];
  return (
    declaration &&
    (ts.findAncestor(declaration, (at) => at.parent === tree && ts.isStatement(at)) as ts.Statement)
  );
}

/** The variables that a file declares at its top level. */
export function topLevelVariables(tree: ts.SourceFile): readonly ts.VariableDeclaration[] {
  return tree.statements.flatMap((one) =>
    ts.isVariableStatement(one) ? [...one.declarationList.declarations] : [],
  );
}

/** What an import declares: the specifier, and the name that the module has for it. */
export function importDeclaredBy(node: ts.Declaration): Imported | undefined {
  if (ts.isImportEqualsDeclaration(node)) {
    const { moduleReference: to } = node;
    const from = ts.isExternalModuleReference(to) ? stringOf(to.expression) : undefined;
    return from === undefined ? undefined : { from, name: 'default' };
  }
  const isOne = ts.isImportSpecifier(node) || ts.isImportClause(node) || ts.isNamespaceImport(node);
  const declaration = isOne ? ts.findAncestor(node, ts.isImportDeclaration) : undefined;
  const from = stringOf(declaration?.moduleSpecifier);
  if (from === undefined) return undefined;
  if (ts.isImportSpecifier(node)) return { from, name: (node.propertyName ?? node.name).text };
  return { from, name: ts.isNamespaceImport(node) ? '*' : 'default' };
}

/**
 * What an expression names of an import: `Cluster`, or the `Cluster` of `ioredis.Cluster`; undefined where something
 * nearer has that name, and where `packages` are given for an import of any other.
 */
export function importedBy(expression: ts.Expression, ...packages: readonly string[]): Imported | undefined {
  const bare = unwrap(expression);
  const root = receiverOf(bare) ?? bare;
  const imported = ts.isIdentifier(root) ? importsOf(root.getSourceFile()).get(root.text) : undefined;
  if (imported === undefined || !ts.isIdentifier(root)) return undefined;
  // Only what is asked for is worth the binding of a file.
  if (packages.length > 0 && !packages.includes(imported.from)) return undefined;
  if (isHidden(root)) return undefined;
  const name = root === bare ? imported.name : memberOf(bare);
  return name === undefined ? undefined : { from: imported.from, name };
}

/** Something nearer than the import has the name. */
function isHidden(name: ts.Identifier): boolean {
  const declared = findDeclaration(name, name.text);
  const variable = declared && ts.findAncestor(declared, ts.isVariableDeclaration);
  const isRequired =
    variable?.initializer !== undefined && requiredModule(variable.initializer) !== undefined;
  return declared !== undefined && !isRequired;
}

/** How a file exports its own declaration `local`; undefined when it does not. */
export function exportOf(
  tree: ts.SourceFile,
  local: string,
): { name: string; export: 'named' | 'default' } | undefined {
  const declaration = findDeclaration(tree.endOfFileToken, local);
  const own = declaration && ts.findAncestor(declaration, ts.isStatement);
  for (const statement of tree.statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier === undefined) {
      const clause = statement.exportClause;
      const element =
        clause !== undefined && ts.isNamedExports(clause)
          ? clause.elements.find((one) => (one.propertyName ?? one.name).text === local)
          : undefined;
      // `export { app as 'any text' }` can be imported by that text alone: ignored.
      if (element !== undefined && ts.isIdentifier(element.name)) return asExport(element.name.text, local);
    }
    if (
      ts.isExportAssignment(statement) &&
      ts.isIdentifier(statement.expression) &&
      statement.expression.text === local
    ) {
      return { name: local, export: 'default' };
    }
    if (statement !== own || !hasModifier(statement, ts.SyntaxKind.ExportKeyword)) continue;
    return {
      name: local,
      export: hasModifier(statement, ts.SyntaxKind.DefaultKeyword) ? 'default' : 'named',
    };
  }
  return undefined;
}

function asExport(name: string, local: string): { name: string; export: 'named' | 'default' } {
  return name === 'default' ? { name: local, export: 'default' } : { name, export: 'named' };
}

function bind(tree: ts.SourceFile): void {
  if ((tree as Bound).locals !== undefined) return;
  spend(tree.statements.length, () => tree.fileName);
  bindSourceFile(tree, { target: ts.ScriptTarget.Latest });
}

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
