import ts from 'typescript';

import { type SourceModule, readModules } from '../../test/helpers/import-graph.ts';

interface Met {
  readonly message: string;
  readonly remedy: string;
}

/** Every code with what the code says and advises where it meets it; `…` stands for what is found in a repository. */
export function renderObstacles(): string {
  const modules = readModules('generators');
  const declaring = modules.find(({ path }) => path.endsWith('/model/obstacle.ts'));
  if (declaring === undefined) throw new Error('model/obstacle.ts is missing');
  const usage = literalsOf(declaring, 'UsageCode');
  const met = collect(modules);
  const codes = [...usage, ...literalsOf(declaring, 'ObstacleCode')];
  const unmet = codes.filter((code) => !met.has(code) && !isMetByTheBin(code));
  if (unmet.length > 0) throw new Error(`No code says ${unmet.join(', ')}`);
  const sections = codes.map((code) => section(code, usage.includes(code) ? 2 : 3, met.get(code) ?? []));
  return [
    'Every obstacle is listed at once, with its place; `…` stands for what is found in the repository.',
    ...sections,
  ].join('\n\n');
}

function section(code: string, exitCode: number, met: readonly Met[]): string {
  const lines = met.map(({ message, remedy }) => `- ${message} _${remedy}_`);
  const said = lines.length === 0 ? ['- Node is too old. _Use 20.19 or newer._'] : [...new Set(lines)];
  return [`### \`${code}\``, `Exit code ${String(exitCode)}.`, said.join('\n')].join('\n\n');
}

/** It is printed before any of our modules is loaded. */
function isMetByTheBin(code: string): boolean {
  return code === 'E_NODE_VERSION';
}

function literalsOf({ tree }: SourceModule, name: string): readonly string[] {
  const found = tree.statements.find((one) => ts.isTypeAliasDeclaration(one) && one.name.text === name);
  if (found === undefined || !ts.isTypeAliasDeclaration(found)) throw new Error(`There is no type ${name}`);
  return [...found.type.getText().matchAll(/'(E_\w+)'/g)].map(([, code = '']) => code);
}

function collect(modules: readonly SourceModule[]): ReadonlyMap<string, readonly Met[]> {
  const met = new Map<string, Met[]>();
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) {
      const says = (name: string): readonly string[] => valuesOf(node, name);
      const one = { message: says('message').join(' / '), remedy: says('remedy').join(' / ') };
      for (const code of says('code').filter((value) => value.startsWith('E_')))
        met.set(code, [...(met.get(code) ?? []), one]);
    }
    ts.forEachChild(node, visit);
  };
  for (const { tree } of modules) visit(tree);
  return met;
}

/** What a property can be: each side of a condition, with `…` for what is put in. */
function valuesOf(node: ts.ObjectLiteralExpression, name: string): readonly string[] {
  const property = node.properties.find((one) => one.name?.getText() === name);
  if (property === undefined) return [];
  if (ts.isShorthandPropertyAssignment(property)) return textsOf(initializerOf(property, name));
  return ts.isPropertyAssignment(property) ? textsOf(property.initializer) : [];
}

/** `const remedy = …` in the same function. */
function initializerOf(node: ts.Node, name: string): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const visit = (one: ts.Node): void => {
    if (ts.isVariableDeclaration(one) && one.name.getText() === name) found ??= one.initializer;
    ts.forEachChild(one, visit);
  };
  let scope = node.parent;
  while (!ts.isFunctionLike(scope) && !ts.isSourceFile(scope)) scope = scope.parent;
  visit(scope);
  return found;
}

function textsOf(node: ts.Expression | undefined): readonly string[] {
  if (node === undefined) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')];
  }
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const right = textsOf(node.right);
    return [textsOf(node.left).join(' ') + right.join(' ')];
  }
  return ['…'];
}
