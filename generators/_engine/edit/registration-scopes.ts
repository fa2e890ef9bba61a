import { callKey, routeMethods } from '../syntax/calls.ts';
import { nameOf, unwrap } from '../syntax/expressions.ts';
import { findNode, ts, walk } from '../syntax/tree.ts';
import { type AppFact } from '../model/app-facts.ts';

/** Register `expression` on the instance of an app file. */
export type RegistrationWant = Readonly<{
  app: Pick<AppFact, 'kind' | 'binding'>;
  /** The plugin's local name, by which an existing registration is found: `authVerifyRoutes`. */
  plugin: string;
  /** Text of the options object without braces, `prefix: '/auth'`; undefined for none. */
  options?: string;
  /** routes: after the last route plugin · before-routes: before the first of them · guard: before all that may have some. */
  position: 'routes' | 'before-routes' | 'guard';
  /**
   * guard only. Calls on the instance by method and arguments: those that are seen to have no routes, and those that the
   * guard has to come after. `owner`: the function whose parameter is the instance.
   */
  order?: Readonly<{ silent: readonly string[]; after: readonly string[]; owner?: string }>;
  /** Names of plugins known to hold routes: routes begin at the first of them. */
  routePlugins: readonly string[];
}>;

/** A list of statements in which the instance is in reach, with what its statements do with it. */
export type Scope = Readonly<{
  block: ts.SourceFile | ts.Block;
  uses: readonly (Use & Readonly<{ statement: ts.Statement }>)[];
  /** The statement that makes the instance, when it is in this list. */
  instantiation: ts.Statement | undefined;
}>;

/** Every list of statements in which the wanted instance is made or used, in the order of the file. */
export function findScopes(source: ts.SourceFile, want: RegistrationWant): readonly Scope[] {
  const root = want.app.binding.startsWith('this.') ? source : declaringNode(source, want);
  if (root === undefined) return [];
  const scopes = new Map<
    ts.Node,
    { uses: (Use & { statement: ts.Statement })[]; instantiation: ts.Statement | undefined }
  >();
  const scopeOf = (
    block: ts.Node,
  ): { uses: (Use & { statement: ts.Statement })[]; instantiation: ts.Statement | undefined } => {
    const scope = scopes.get(block) ?? { uses: [], instantiation: undefined };
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
    if (kind === undefined) scope.instantiation ??= statement;
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
  return findNode(owner, (each) => makesInstance(each, want)) === undefined;
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

/** The statement that `node` is in, outside of branches and loops, so that it runs exactly once. */
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

/** What a statement does with the instance. `end`: it listens, is ready, or is handed out. */
export type UseKind = 'route' | 'plugin' | 'end';

/** One use of the instance; `call` is what decides about it. */
type Use = Readonly<{ kind: UseKind; node: ts.Node }>;

const soundsLikeRoutes =
  /[Rr]out(?:e|er|es|ers|ing)(?![a-z])|[Cc]ontrollers?(?![a-z])|[Ee]ndpoints?(?![a-z])/;

/** What a node does with the instance itself; undefined for nodes that do nothing with it. */
export function classifyUse(node: ts.Node, want: RegistrationWant): UseKind | undefined {
  const { binding } = want.app;
  if (ts.isReturnStatement(node)) return isInstance(node.expression, binding) ? 'end' : undefined;
  const isGuard = want.position === 'guard';
  if (isGuard && ts.isNewExpression(node)) return isGiven(node, binding) ? 'route' : undefined;
  if (!ts.isCallExpression(node)) return undefined;
  const { expression: callee } = node;
  if (ts.isPropertyAccessExpression(callee) && isInstance(chainRoot(callee.expression), binding)) {
    const method = callee.name.text;
    if (method === 'register' && isGuard)
      return isSilent(node, want) && !isRepeated(node) ? 'plugin' : 'route';
    if (method === 'register')
      return holdsRoutes(node, want.routePlugins) || isRepeated(node) ? 'route' : 'plugin';
    if (routeMethods.has(method)) return 'route';
    return method === 'listen' || method === 'ready' ? 'end' : undefined;
  }
  if (!isGiven(node, binding)) return isStart(node) ? 'end' : undefined;
  if (isGuard) return isSilent(node, want) ? 'plugin' : 'route';
  const name = callee.getText();
  return soundsLikeRoutes.test(name) || want.routePlugins.includes(name) ? 'route' : 'plugin';
}

/** `load(app)` and `new Loader(app)`. */
function isGiven(node: ts.CallExpression | ts.NewExpression, binding: string): boolean {
  return (node.arguments ?? []).some((argument) => isInstance(argument, binding));
}

function isSilent(call: ts.CallExpression, { order }: RegistrationWant): boolean {
  return order?.silent.includes(callKey(call)) === true;
}

/** Whether a guard has to come after this call. */
export function comesFirst(node: ts.Node, { order }: RegistrationWant): boolean {
  return ts.isCallExpression(node) && order?.after.includes(callKey(node)) === true;
}

/** In a loop, or in what is called for each element: routes may be among what it registers, so they count as such. */
function isRepeated(call: ts.CallExpression): boolean {
  const holder = ts.findAncestor(
    call.parent,
    (node) => ts.isFunctionLike(node) || ts.isIterationStatement(node, false),
  );
  return holder !== undefined && (!ts.isFunctionLike(holder) || isCalledForEach(holder));
}

/** The callback of `forEach` and its likes. */
function isCalledForEach({ parent }: ts.SignatureDeclaration): boolean {
  return ts.isCallExpression(parent) && /\.(?:forEach|map|reduce)$/.test(parent.expression.getText());
}

/** `start()` and its likes, called for their effect. */
function isStart(call: ts.CallExpression): boolean {
  return (
    ts.isIdentifier(call.expression) &&
    /^(?:start|listen|serve|run|main|bootstrap)(?:Server|App|Application|Http)?$/.test(call.expression.text)
  );
}

/** The registered plugin's name, through casts and factories: `build(x) as Y` gives `build`. */
export function registeredName(given: ts.Expression | undefined): string {
  if (given === undefined) return '';
  const argument = unwrap(given);
  const isImport = ts.isCallExpression(argument) && argument.expression.kind === ts.SyntaxKind.ImportKeyword;
  if (ts.isCallExpression(argument) && !isImport) return registeredName(argument.expression);
  return ts.isFunctionLike(argument) ? '' : argument.getText();
}

function holdsRoutes(call: ts.CallExpression, routePlugins: readonly string[]): boolean {
  const [plugin, options] = call.arguments;
  const name = registeredName(plugin);
  if (routePlugins.includes(name) || soundsLikeRoutes.test(name)) return true;
  if (
    plugin !== undefined &&
    ts.isFunctionLike(plugin) &&
    /\.(?:get|post|put|patch|delete|route)\s*[(<]/.test(plugin.getText())
  ) {
    return true;
  }
  if (options === undefined || !ts.isObjectLiteralExpression(options)) return false;
  return options.properties.some((property) => {
    const key = property.name?.getText();
    if (key === 'dir') return /routes|modules/.test(property.getText());
    // Documentation and static files take a prefix too, but as `routePrefix`, or from packages known by their scope.
    return key === 'prefix' && !/^(?:fastify|swagger|scalar|jwt|redis|rate|cors|static)/i.test(name);
  });
}

/** `a` in `a.register(b).register(c)`, through await, parentheses and `withTypeProvider`. */
export function chainRoot(node: ts.Expression): ts.Expression {
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return chainRoot(node.expression.expression);
  if (ts.isAwaitExpression(node) || ts.isParenthesizedExpression(node)) return chainRoot(node.expression);
  return node;
}

function isInstance(node: ts.Node | undefined, binding: string): boolean {
  return node?.getText() === binding;
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
      node: blockOf(node) ?? owner,
      // `build(app = fastify())` makes it too, unless it is given.
      isMade: !ts.isParameter(node) || node.initializer !== undefined,
      isTopLevel,
      isPlugin:
        want.order?.owner === undefined ? isPlugin && isOutermost(owner) : nameOf(owner) === want.order.owner,
    });
    return undefined;
  });
  const wanted = found.find(({ isMade, isTopLevel, isPlugin }) => {
    if (want.app.kind === 'plugin') return isPlugin;
    return want.app.kind === 'singleton' ? isMade && isTopLevel : isMade && !isTopLevel;
  });
  return (wanted ?? found.find(({ isMade }) => isMade) ?? found.find(({ isPlugin }) => isPlugin))?.node;
}

/** `if (isMain) { const app = fastify(); … }`: the block that has it for itself. */
function blockOf(node: ts.Node): ts.Block | undefined {
  const list = ts.isVariableDeclaration(node) ? node.parent : undefined;
  const block = list?.parent.parent;
  const isScoped = list !== undefined && (list.flags & ts.NodeFlags.BlockScoped) !== 0;
  return isScoped && block !== undefined && ts.isBlock(block) && !ts.isFunctionLike(block.parent)
    ? block
    : undefined;
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
