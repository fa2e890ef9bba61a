import type { ImportWant } from '../model/import-want.ts';
import { ts } from '../syntax/tree.ts';

/** What an import binds: `imported` is the export's name or `default`, `local` the name in this file. */
export type Binding = Readonly<{ imported: string; local: string }>;

/** The bindings that a wish asks for, the default one first. */
export function wantedBindings(want: ImportWant): readonly Binding[] {
  const named = (want.names ?? []).map((name): Binding => {
    const [imported = name, local] = name.split(/\s+as\s+/);
    return { imported, local: local ?? imported };
  });
  return want.default === undefined ? named : [{ imported: 'default', local: want.default }, ...named];
}

/** Same module, whether or not the specifier has an extension. */
export function isSameModule(declaration: ts.ImportDeclaration, from: string): boolean {
  const { moduleSpecifier } = declaration;
  return (
    ts.isStringLiteral(moduleSpecifier) && withoutExtension(moduleSpecifier.text) === withoutExtension(from)
  );
}

function withoutExtension(specifier: string): string {
  return /^[.~#@]/.test(specifier) ? specifier.replace(/\.[cm]?[jt]s$/, '') : specifier;
}

/** True when the declaration binds it; a type-only import serves types alone. */
export function binds(declaration: ts.ImportDeclaration, wanted: Binding, typeOnly: boolean): boolean {
  const clause = declaration.importClause;
  if (clause === undefined || (isTypeClause(clause) && !typeOnly)) return false;
  if (wanted.imported === 'default' && clause.name?.text === wanted.local) return true;
  if (clause.namedBindings === undefined || !ts.isNamedImports(clause.namedBindings)) return false;
  return clause.namedBindings.elements.some(
    (each) =>
      each.name.text === wanted.local &&
      (each.propertyName ?? each.name).text === wanted.imported &&
      (typeOnly || !each.isTypeOnly),
  );
}

/** What a file calls the default export of a module; undefined where it does not import it as a value. */
export function defaultImportIn(source: ts.SourceFile, from: string): string | undefined {
  for (const declaration of source.statements.filter(ts.isImportDeclaration)) {
    const clause = isSameModule(declaration, from) ? declaration.importClause : undefined;
    if (clause === undefined || isTypeClause(clause)) continue;
    if (clause.name !== undefined) return clause.name.text;
    const named = clause.namedBindings;
    const elements = named !== undefined && ts.isNamedImports(named) ? named.elements : [];
    const renamed = elements.find((each) => each.propertyName?.text === 'default' && !each.isTypeOnly);
    if (renamed !== undefined) return renamed.name.text;
  }
  return undefined;
}

/** `import type …`. */
export function isTypeClause(clause: ts.ImportClause): boolean {
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

/** `const x = require('m')`, `const { x } = require('m')` or `import x = require('m')` at the top level. */
export function requiresIt(statement: ts.Statement, from: string, local: string): boolean {
  if (ts.isImportEqualsDeclaration(statement)) {
    const { moduleReference: reference } = statement;
    const specifier = ts.isExternalModuleReference(reference) ? reference.expression : undefined;
    return statement.name.text === local && specifier !== undefined && isText(specifier, from);
  }
  if (!ts.isVariableStatement(statement)) return false;
  return statement.declarationList.declarations.some(
    ({ name, initializer }) =>
      initializer !== undefined &&
      ts.isCallExpression(initializer) &&
      initializer.expression.getText() === 'require' &&
      initializer.arguments.some((argument) => isText(argument, from)) &&
      boundNames(name).includes(local),
  );
}

function isText(node: ts.Expression, text: string): boolean {
  return ts.isStringLiteral(node) && withoutExtension(node.text) === withoutExtension(text);
}

/** The statement at the top level that binds `local` already. */
export function findBinding(source: ts.SourceFile, local: string): ts.Statement | undefined {
  return source.statements.find((statement) => topLevelNames(statement).includes(local));
}

function topLevelNames(statement: ts.Statement): readonly string[] {
  if (ts.isImportDeclaration(statement)) {
    const clause = statement.importClause;
    const named = clause?.namedBindings;
    const inner = named === undefined ? [] : ts.isNamedImports(named) ? named.elements : [named];
    return [clause?.name?.text, ...inner.map((each) => each.name.text)].filter((name) => name !== undefined);
  }
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap((declaration) => boundNames(declaration.name));
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isImportEqualsDeclaration(statement);
  return isNamed && statement.name !== undefined ? [statement.name.text] : [];
}

/** The names in a binding pattern, or the one name. */
function boundNames(name: ts.BindingName): readonly string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((each) => (ts.isOmittedExpression(each) ? [] : boundNames(each.name)));
}
