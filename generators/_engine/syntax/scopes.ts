import { ts } from './tree.ts';

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
    return namesOf(scope).get(name);
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

const known = new WeakMap<ts.Node, ReadonlyMap<string, Declaration>>();

/** What the statements of a block declare; the first of a name. */
function namesOf(scope: ts.SourceFile | ts.Block | ts.ModuleBlock): ReadonlyMap<string, Declaration> {
  const before = known.get(scope);
  if (before !== undefined) return before;
  const found = new Map<string, Declaration>();
  const add = (name: string, declaration: Declaration): void => {
    if (!found.has(name)) found.set(name, declaration);
  };
  for (const statement of scope.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const declaration of statement.declarationList.declarations) addBound(declaration, add);
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      if (statement.name !== undefined) add(statement.name.text, statement);
    }
  }
  known.set(scope, found);
  return found;
}

function addBound(
  node: ts.VariableDeclaration | ts.BindingElement,
  add: (name: string, declaration: Declaration) => void,
): void {
  if (ts.isIdentifier(node.name)) add(node.name.text, node);
  else for (const element of node.name.elements) if (ts.isBindingElement(element)) addBound(element, add);
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
