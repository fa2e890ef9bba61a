import type { RegistrationWant } from '../model/wants.ts';
import { ts, walk } from '../syntax/tree.ts';
import { declaringNode } from './declaring-node.ts';
import { classifyUse, isCalledForEach, type Use } from './registration-uses.ts';

/** A list of statements in which the instance is in reach, with what its statements do with it. */
export type Scope = Readonly<{
  block: ts.SourceFile | ts.Block;
  uses: readonly (Use & Readonly<{ statement: ts.Statement }>)[];
  /** The statement that makes the instance, when it is in this list. */
  creation: ts.Statement | undefined;
}>;

/** Every list of statements in which the wanted instance is made or used, in the order of the file. */
export function findScopes(source: ts.SourceFile, want: RegistrationWant): readonly Scope[] {
  const root = want.app.binding.startsWith('this.') ? source : declaringNode(source, want);
  if (root === undefined) return [];
  const scopes = new Map<
    ts.Node,
    { uses: (Use & { statement: ts.Statement })[]; creation: ts.Statement | undefined }
  >();
  const scopeOf = (
    block: ts.Node,
  ): { uses: (Use & { statement: ts.Statement })[]; creation: ts.Statement | undefined } => {
    const scope = scopes.get(block) ?? { uses: [], creation: undefined };
    scopes.set(block, scope);
    return scope;
  };
  const [block] = ts.isFunctionLike(root) ? functionBodies(root) : [root];
  if (block !== undefined) scopeOf(block);
  walk(root, (node) => {
    if (node !== root && shadows(node, want.app.binding)) return false;
    const kind = isHandedIn(node, want) ? undefined : classifyUse(node, want);
    const statement =
      kind === undefined && !makesInstance(node, want) ? undefined : unconditionalStatement(node, root);
    if (statement === undefined) return undefined;
    const scope = scopeOf(statement.parent);
    if (kind === undefined) scope.creation ??= statement;
    else scope.uses.push({ kind, node, statement });
    return undefined;
  });
  return [...scopes].flatMap(([node, scope]) => (isStatementList(node) ? [{ block: node, ...scope }] : []));
}

/**
 * `load(plugin) { this.app.register(plugin); }`: a function that registers what it is given is called for each plugin,
 * unless it makes the instance as well.
 */
function isHandedIn(node: ts.Node, want: RegistrationWant): boolean {
  if (!ts.isCallExpression(node)) return false;
  const [plugin] = node.arguments;
  const owner = ts.findAncestor(node.parent, ts.isFunctionLike);
  if (plugin === undefined || owner === undefined || isCalledForEach(owner)) return false;
  if (!owner.parameters.some(({ name }) => name.getText() === plugin.getText())) return false;
  if (plugin.getText() === want.app.binding) return false;
  let makes = false;
  walk(owner, (each) => {
    makes ||= makesInstance(each, want);
    return !makes;
  });
  return !makes;
}

function functionBodies(node: ts.SignatureDeclaration): readonly ts.Node[] {
  const body = 'body' in node ? (node.body as ts.Node | undefined) : undefined;
  return body === undefined ? [] : [body];
}

/** `binding = …` or `const binding = …`. */
function makesInstance(node: ts.Node, { app }: RegistrationWant): boolean {
  if (ts.isVariableDeclaration(node) || ts.isBindingElement(node)) {
    const isNamed = node.name.getText() === app.binding.split('.')[0];
    return isNamed && (ts.isBindingElement(node) || node.initializer !== undefined);
  }
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
    node.left.getText() === app.binding
  );
}

/** A function with a parameter or variable of its own by that name. */
function shadows(node: ts.Node, binding: string): boolean {
  return ts.isFunctionLike(node) && node.parameters.some((parameter) => parameter.name.getText() === binding);
}

/** The statement that `node` is in, out of branches and loops: what stands there happens once and always. */
function unconditionalStatement(node: ts.Node, root: ts.Node): ts.Statement | undefined {
  let current = node;
  for (;;) {
    const { parent } = current;
    // The instance is known in this block alone.
    if (parent === root && ts.isBlock(parent)) return ts.isStatement(current) ? current : undefined;
    if (ts.isSourceFile(parent)) return ts.isStatement(current) ? current : undefined;
    if (ts.isBlock(parent) && ts.isStatement(current)) {
      const holder = parent.parent;
      const isOwnList =
        (ts.isFunctionLike(holder) && !isCalledForEach(holder)) ||
        (ts.isTryStatement(holder) && holder.tryBlock === parent);
      if (isOwnList || ts.isSourceFile(holder) || ts.isBlock(holder)) return current;
    }
    current = parent;
  }
}

function isStatementList(node: ts.Node): node is ts.SourceFile | ts.Block {
  return ts.isSourceFile(node) || ts.isBlock(node);
}
