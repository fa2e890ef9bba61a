import { hasModifier, stringOf } from './expressions.ts';
import type { Imported } from './imports.ts';
import { inList } from './scopes.ts';
import { ts } from './tree.ts';

type Exported = Readonly<{ node: ts.Node }> | Readonly<{ elsewhere: readonly Imported[] }>;

/** What a file exports by a name: the declaration or expression here, or where else to look. */
export function findExported(tree: ts.SourceFile, name: string): Exported | undefined {
  const stars: Imported[] = [];
  for (const statement of tree.statements) {
    const node = declared(statement, name);
    if (node !== undefined) return { node };
    if (!ts.isExportDeclaration(statement)) continue;
    const from = stringOf(statement.moduleSpecifier);
    const clause = statement.exportClause;
    if (clause === undefined && from !== undefined) stars.push({ from, name });
    if (clause === undefined || !ts.isNamedExports(clause)) continue;
    for (const element of clause.elements) {
      if (element.name.text !== name) continue;
      const original = element.propertyName ?? element.name;
      if (from !== undefined) return { elsewhere: [{ from, name: original.text }] };
      if (ts.isIdentifier(original)) return { node: original };
    }
  }
  return stars.length === 0 ? undefined : { elsewhere: stars };
}

/** How a file exports its own declaration `local`; undefined when it does not. */
export function exportOf(
  tree: ts.SourceFile,
  local: string,
): { name: string; export: 'named' | 'default' } | undefined {
  for (const statement of tree.statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier === undefined) {
      const clause = statement.exportClause;
      const element =
        clause !== undefined && ts.isNamedExports(clause)
          ? clause.elements.find((one) => (one.propertyName ?? one.name).text === local)
          : undefined;
      // `export { app as 'any text' }` can be imported by that text alone, which nobody writes.
      if (element !== undefined && ts.isIdentifier(element.name)) return asExport(element.name.text, local);
    }
    if (
      ts.isExportAssignment(statement) &&
      ts.isIdentifier(statement.expression) &&
      statement.expression.text === local
    ) {
      return { name: local, export: 'default' };
    }
    if (!declares(statement, local) || !hasModifier(statement, ts.SyntaxKind.ExportKeyword)) continue;
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

function declared(statement: ts.Statement, name: string): ts.Node | undefined {
  if (ts.isExportAssignment(statement)) return name === 'default' ? statement.expression : undefined;
  if (!hasModifier(statement, ts.SyntaxKind.ExportKeyword)) return undefined;
  if (ts.isVariableStatement(statement)) {
    const found = statement.declarationList.declarations.find(
      (one) => ts.isIdentifier(one.name) && one.name.text === name,
    );
    return found?.initializer ?? found;
  }
  if (!ts.isFunctionDeclaration(statement) && !ts.isClassDeclaration(statement)) return undefined;
  const exportedName = hasModifier(statement, ts.SyntaxKind.DefaultKeyword)
    ? 'default'
    : statement.name?.text;
  return exportedName === name ? statement : undefined;
}

function declares(statement: ts.Statement, local: string): boolean {
  if (ts.isVariableStatement(statement)) {
    return inList(statement.declarationList, local) !== undefined;
  }
  return (
    (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) &&
    statement.name?.text === local
  );
}
