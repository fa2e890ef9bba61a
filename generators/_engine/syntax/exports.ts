import { ts } from './tree.ts';
import { hasModifier } from './expressions.ts';
import { findDeclaration } from './symbols.ts';

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

function declares(statement: ts.Statement, local: string): boolean {
  const declaration = findDeclaration(statement.getSourceFile().endOfFileToken, local);
  return declaration !== undefined && ts.findAncestor(declaration, ts.isStatement) === statement;
}
