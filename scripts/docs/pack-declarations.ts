import { join } from 'node:path';

import ts from 'typescript';

import { projectRoot } from '../../test/helpers/project-root.ts';
import { declarationOf, fenced } from './declarations.ts';

/** Declarations of everything that the package exports, in the order of plopfile.ts. */
export function packDeclarations(): string {
  const tree = parse('plopfile.ts');
  const parts = tree.statements.filter((one) => !ts.isImportDeclaration(one)).flatMap((one) => exported(one));
  return [
    "`import { plan, apply } from 'plop-pack-s2s'`; the default export is the pack, for a plopfile.",
    fenced(parts.join('\n\n')),
  ].join('\n\n');
}

/** What `export { a, type B } from './file.ts'` stands for; anything else is itself. */
function exported(statement: ts.Statement): readonly string[] {
  if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) {
    return [textOf(statement)];
  }
  const from = parse((statement.moduleSpecifier as ts.StringLiteral).text.replace(/^\.\//, ''));
  const { exportClause } = statement;
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
  return exportClause.elements.map(({ name, propertyName }) => {
    const wanted = (propertyName ?? name).text;
    const found = from.statements.find((one) => nameOf(one) === wanted);
    if (found === undefined) throw new Error(`${from.fileName} does not export ${wanted}`);
    return name.text === 'default' ? `${textOf(found)}\nexport default ${wanted};` : textOf(found);
  });
}

function nameOf(statement: ts.Statement): string | undefined {
  return ts.isFunctionDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement)
    ? statement.name?.text
    : undefined;
}

/** With its docstring. */
function textOf(node: ts.Node): string {
  return node
    .getFullText()
    .replace(/^\s*\/\* -+ \w+ \*\/\s*/, '')
    .trim();
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, declarationOf(join(projectRoot, path)), ts.ScriptTarget.Latest, true);
}
