import type { RegistrationWant } from '../contract.ts';
import { ts, walk } from '../syntax.ts';
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
      kind === undefined && !makesInstance(node, want) ? undefined : unconditionalStatement(node);
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

/** The function or file that has the instance as its own: made there, or taken as a parameter. */
function declaringNode(source: ts.SourceFile, want: RegistrationWant): ts.Node | undefined {
  const found: { node: ts.Node; isMade: boolean; isTopLevel: boolean; isPlugin: boolean }[] = [];
  walk(source, (node) => {
    if (!declares(node, want.app.binding)) return undefined;
    const owner = ts.findAncestor(node.parent, (each) => ts.isFunctionLike(each) || ts.isSourceFile(each));
    if (owner === undefined) return undefined;
    const isTopLevel = ts.isSourceFile(owner);
    const isPlugin = ts.isParameter(node) && ts.isFunctionLike(owner) && owner.parameters[0] === node;
    found.push({
      node: owner,
      // `build(app = fastify())` makes it too, unless it is given.
      isMade: !ts.isParameter(node) || node.initializer !== undefined,
      isTopLevel,
      isPlugin: isPlugin && isOutermost(owner),
    });
    return undefined;
  });
  const wanted = found.find(({ isMade, isTopLevel, isPlugin }) => {
    if (want.app.kind === 'plugin') return isPlugin;
    return want.app.kind === 'singleton' ? isMade && isTopLevel : isMade && !isTopLevel;
  });
  return (wanted ?? found.find(({ isMade }) => isMade) ?? found.find(({ isPlugin }) => isPlugin))?.node;
}

/** `app`, `{ app }` and, for `server.fastify`, `server`; an import as well. */
function declares(node: ts.Node, binding: string): node is ts.NamedDeclaration {
  const isOne =
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    (ts.isBindingElement(node) && !ts.isParameter(node.parent.parent)) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node);
  return isOne && node.name?.getText() === binding.split('.')[0];
}

function isOutermost(owner: ts.Node): boolean {
  return ts.findAncestor(owner.parent, (each) => ts.isFunctionLike(each)) === undefined;
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
function unconditionalStatement(node: ts.Node): ts.Statement | undefined {
  let current = node;
  for (;;) {
    const { parent } = current;
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
