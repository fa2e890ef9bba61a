import type { RegistrationWant } from '../model/wants.ts';
import { callKey } from '../syntax/uses.ts';
import { ts } from '../syntax/tree.ts';

/** What a statement does with the instance. `end`: it listens, is ready, or is handed out. */
export type UseKind = 'route' | 'plugin' | 'end';

/** One use of the instance; `call` is what decides about it. */
export type Use = Readonly<{ kind: UseKind; node: ts.Node }>;

const routeMethods: ReadonlySet<string> = new Set([
  'get',
  'post',
  'put',
  'patch',
  'delete',
  'options',
  'head',
  'all',
  'route',
]);

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
export function isCalledForEach({ parent }: ts.SignatureDeclaration): boolean {
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
export function pluginName(argument: ts.Expression | undefined): string {
  if (argument === undefined) return '';
  if (
    ts.isAsExpression(argument) ||
    ts.isParenthesizedExpression(argument) ||
    ts.isSatisfiesExpression(argument)
  ) {
    return pluginName(argument.expression);
  }
  const isImport = ts.isCallExpression(argument) && argument.expression.kind === ts.SyntaxKind.ImportKeyword;
  if (ts.isCallExpression(argument) && !isImport) return pluginName(argument.expression);
  return ts.isFunctionLike(argument) ? '' : argument.getText();
}

function holdsRoutes(call: ts.CallExpression, routePlugins: readonly string[]): boolean {
  const [plugin, options] = call.arguments;
  const name = pluginName(plugin);
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
