import type { CheckedProgram } from './checked-program.ts';
import { hasModifier } from '../syntax/expressions.ts';
import { findNode, pickNodes, ts } from '../syntax/tree.ts';

/** Why a call stays as it is: thrown by what looks at one call, caught once for each. */
export class Left extends Error {}

export function leave(reason: string): never {
  throw new Left(reason);
}

/** The same node in another tree of the same text. */
export function sameNode<T extends ts.Node>(tree: ts.SourceFile, node: T): T {
  const found = findNode(
    tree,
    (one) => one.kind === node.kind && one.pos === node.pos && one.end === node.end,
  );
  return (found as T | undefined) ?? leave('its file has changed');
}

/** How code at a place gets at the Fastify instance: by a parameter for one, or for a request. @throws Left */
export function instanceAt({ checker }: CheckedProgram, node: ts.Node): string {
  const source = node.getSourceFile();
  const symbols = checker.getSymbolsInScope(node, ts.SymbolFlags.FunctionScopedVariable);
  const named = (type: string): string | undefined =>
    symbols.find((symbol) => {
      const { valueDeclaration: declaration } = symbol;
      const isOwn = declaration?.getSourceFile() === source && ts.isParameter(declaration);
      return isOwn && isOfFastify(checker.getTypeOfSymbolAtLocation(symbol, node), type);
    })?.name;
  const request = named('FastifyRequest');
  return (
    named('FastifyInstance') ??
    (request === undefined
      ? leave('no parameter around it is the Fastify instance or a request')
      : `${request}.server`)
  );
}

function isOfFastify(type: ts.Type, name: string): boolean {
  const declarations = type.getSymbol()?.declarations ?? [];
  const isIt =
    type.getSymbol()?.name === name &&
    declarations.some((one) => one.getSourceFile().fileName.includes('/node_modules/fastify/'));
  return isIt || (type.isIntersection() && type.types.some((one) => isOfFastify(one, name)));
}

/** Whether a name means what Node.js has by it, and nothing of the service's own. */
export function isGlobal(checked: CheckedProgram, name: ts.Identifier): boolean {
  const declarations = checked.checker.getSymbolAtLocation(name)?.declarations ?? [];
  return declarations.every((one) => checked.pathOf(one.getSourceFile()) === undefined);
}

/** Whether a name is the import of a package in its own file, and nothing between that takes it. */
export function isImport({ checker }: CheckedProgram, name: ts.Identifier): boolean {
  const [declaration] = checker.getSymbolAtLocation(name)?.declarations ?? [];
  return declaration !== undefined && ts.isImportClause(declaration);
}

/** Every use of the declaration that a name is of, in its file; the declaration itself is none. */
export function usesOf({ checker }: CheckedProgram, name: ts.Identifier): readonly ts.Identifier[] {
  const symbol = checker.getSymbolAtLocation(name);
  return pickNodes(name.getSourceFile(), (node) => {
    const isIt =
      ts.isIdentifier(node) &&
      node.text === name.text &&
      !isDeclaredName(node) &&
      symbolAt(checker, node) === symbol;
    return isIt ? node : undefined;
  });
}

function symbolAt(checker: ts.TypeChecker, node: ts.Identifier): ts.Symbol | undefined {
  return ts.isShorthandPropertyAssignment(node.parent)
    ? checker.getShorthandAssignmentValueSymbol(node.parent)
    : checker.getSymbolAtLocation(node);
}

function isDeclaredName(node: ts.Identifier): boolean {
  const { parent } = node;
  const isDeclaration =
    ts.isVariableDeclaration(parent) || ts.isImportClause(parent) || ts.isImportSpecifier(parent);
  return isDeclaration && parent.name === node;
}

/**
 * The declaration of a name, when nothing of its file needs it but code that goes: a constant of its own, or an import;
 * undefined for everything else.
 */
export function soleDeclaration(
  checked: CheckedProgram,
  name: ts.Identifier,
  goes: readonly ts.Node[],
): ts.VariableDeclaration | ts.ImportClause | ts.ImportSpecifier | undefined {
  const isInside = (use: ts.Node): boolean => goes.some(({ end, pos }) => pos <= use.pos && use.end <= end);
  const [declaration] = checked.checker.getSymbolAtLocation(name)?.declarations ?? [];
  if (declaration?.getSourceFile() !== name.getSourceFile() || !usesOf(checked, name).every(isInside))
    return undefined;
  if (ts.isVariableDeclaration(declaration)) return isSoleConstant(declaration) ? declaration : undefined;
  return ts.isImportClause(declaration) || ts.isImportSpecifier(declaration) ? declaration : undefined;
}

/** It only makes bytes of a text, as keys are made: nobody misses it. */
function isPure({ expression }: ts.CallExpression | ts.NewExpression): boolean {
  const pure = /^(?:TextEncoder|new TextEncoder\(\)\.encode|Buffer\.from|(?:crypto\.)?createSecretKey)$/;
  return pure.test(expression.getText());
}

/** `const url = process.env.URL;` */
function isSoleConstant({ initializer, parent: list }: ts.VariableDeclaration): boolean {
  const statement = list.parent;
  const isConst = (list.flags & ts.NodeFlags.Const) !== 0 && ts.isVariableStatement(statement);
  const calls =
    initializer && findNode(initializer, (node) => ts.isCallOrNewExpression(node) && !isPure(node));
  const isAlone = ts.isVariableDeclarationList(list) && list.declarations.length === 1;
  return isConst && isAlone && !hasModifier(statement, ts.SyntaxKind.ExportKeyword) && calls === undefined;
}
