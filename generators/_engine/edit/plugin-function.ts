import { ts } from '../syntax/tree.ts';

type PluginFunction = ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration;

/** What a plugin's name stands for: a function, a function wrapped by fastify-plugin, or something not understood. */
export type FoundPlugin =
  | Readonly<{ kind: 'function'; node: PluginFunction }>
  | Readonly<{ kind: 'wrapped'; node: ts.Node }>
  | Readonly<{ kind: 'unclear'; node: ts.Node }>;

/** Finds a plugin function of a file by its name or as the default export; undefined when there is neither. */
export function findPluginFunction(source: ts.SourceFile, name: string): FoundPlugin | undefined {
  const byName = name === 'default' ? undefined : declarationOf(source, exportedAs(source, name));
  // An importer may have given the default export a name of its own.
  const node = byName ?? defaultExport(source);
  return node === undefined ? undefined : resolvePlugin(source, node, 0);
}

/** `export { local as name }`. */
function exportedAs(source: ts.SourceFile, name: string): string {
  for (const statement of source.statements) {
    const clause = ts.isExportDeclaration(statement) ? statement.exportClause : undefined;
    if (clause === undefined || !ts.isNamedExports(clause)) continue;
    const found = clause.elements.find((each) => each.name.text === name);
    if (found?.propertyName !== undefined) return found.propertyName.text;
  }
  return name;
}

function declarationOf(source: ts.SourceFile, name: string): ts.Node | undefined {
  for (const statement of source.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === name && statement.body !== undefined)
      return statement;
    if (!ts.isVariableStatement(statement)) continue;
    const found = statement.declarationList.declarations.find((each) => each.name.getText(source) === name);
    if (found?.initializer !== undefined) return found.initializer;
  }
  return undefined;
}

function defaultExport(source: ts.SourceFile): ts.Node | undefined {
  for (const statement of source.statements) {
    if (ts.isExportAssignment(statement)) return statement.expression;
    const isDefault =
      ts.isFunctionDeclaration(statement) &&
      statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
    if (isDefault === true) return statement;
  }
  const alias = exportedAs(source, 'default');
  return alias === 'default' ? undefined : declarationOf(source, alias);
}

function resolvePlugin(source: ts.SourceFile, node: ts.Node, depth: number): FoundPlugin {
  if (depth > 8) return { kind: 'unclear', node };
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)) {
    return resolvePlugin(source, node.expression, depth + 1);
  }
  if (ts.isIdentifier(node)) {
    const target = declarationOf(source, node.text);
    return target === undefined ? { kind: 'unclear', node } : resolvePlugin(source, target, depth + 1);
  }
  if (ts.isCallExpression(node)) {
    return { kind: isFastifyPlugin(source, node.expression) ? 'wrapped' : 'unclear', node };
  }
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node) && !ts.isFunctionDeclaration(node)) {
    return { kind: 'unclear', node };
  }
  const inner = returnedFunction(node);
  return inner === undefined ? { kind: 'function', node } : resolvePlugin(source, inner, depth + 1);
}

/** A factory such as `(service) => async (app) => {…}`: the plugin is what it returns. */
function returnedFunction(node: PluginFunction): ts.Expression | undefined {
  const { body } = node;
  if (body === undefined) return undefined;
  const last = ts.isBlock(body) ? body.statements.at(-1) : undefined;
  const value = !ts.isBlock(body)
    ? body
    : last !== undefined && ts.isReturnStatement(last)
      ? last.expression
      : undefined;
  return value !== undefined && (ts.isArrowFunction(value) || ts.isFunctionExpression(value))
    ? value
    : undefined;
}

function isFastifyPlugin(source: ts.SourceFile, callee: ts.Expression): boolean {
  const name = callee.getText(source);
  return (
    /^(?:fp|fastifyPlugin)$/.test(name) ||
    source.statements.some(
      (each) =>
        ts.isImportDeclaration(each) &&
        ts.isStringLiteral(each.moduleSpecifier) &&
        each.moduleSpecifier.text === 'fastify-plugin' &&
        each.importClause?.name?.text === name,
    )
  );
}
