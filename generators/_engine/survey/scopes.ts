import { ts } from '../syntax.ts';

export type Declaration =
  | ts.VariableDeclaration
  | ts.BindingElement
  | ts.ParameterDeclaration
  | ts.FunctionDeclaration
  | ts.ClassDeclaration;

/** The nearest declaration of a name as seen from a node; imports are none. */
export function findDeclaration(from: ts.Node, name: string): Declaration | undefined {
  for (let at = from.parent as ts.Node | undefined; at !== undefined; at = at.parent as ts.Node | undefined) {
    const found = declaredIn(at, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function declaredIn(scope: ts.Node, name: string): Declaration | undefined {
  if (ts.isSourceFile(scope) || ts.isBlock(scope) || ts.isModuleBlock(scope)) {
    return firstOf(scope.statements, (statement) => declaredBy(statement, name));
  }
  if (ts.isFunctionLike(scope)) {
    return firstOf(scope.parameters, (parameter) => inBinding(parameter, name));
  }
  if (ts.isForOfStatement(scope) || ts.isForStatement(scope)) {
    const list = scope.initializer;
    return list !== undefined && ts.isVariableDeclarationList(list) ? inList(list, name) : undefined;
  }
  return undefined;
}

function declaredBy(statement: ts.Statement, name: string): Declaration | undefined {
  if (ts.isVariableStatement(statement)) return inList(statement.declarationList, name);
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
    return statement.name?.text === name ? statement : undefined;
  }
  return undefined;
}

/** The variable of that name in a list of declarations, destructured ones included. */
export function inList(list: ts.VariableDeclarationList, name: string): Declaration | undefined {
  return firstOf(list.declarations, (declaration) => inBinding(declaration, name));
}

function inBinding(
  node: ts.VariableDeclaration | ts.ParameterDeclaration | ts.BindingElement,
  name: string,
): Declaration | undefined {
  if (ts.isIdentifier(node.name)) return node.name.text === name ? node : undefined;
  return firstOf<ts.ArrayBindingElement, Declaration>(node.name.elements, (element) =>
    ts.isBindingElement(element) ? inBinding(element, name) : undefined,
  );
}

function firstOf<T, R>(items: Iterable<T>, find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
