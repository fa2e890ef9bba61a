import { once } from '../model/run-caches.ts';
import { memberOf, receiverOf, unwrap } from './expressions.ts';
import { pickNodes, ts, walk } from './tree.ts';

/** Every call and every `new` of a file in the order of the text, outer ones first. A file is walked once. */
export const invocationsIn = once((tree: ts.SourceFile) =>
  pickNodes(tree, (node) => (ts.isCallExpression(node) || ts.isNewExpression(node) ? node : undefined)),
);

/** The calls of a file, those of a method alone where one is named. */
export function callsIn(tree: ts.SourceFile, method?: string): readonly ts.CallExpression[] {
  const calls = invocationsIn(tree).filter(ts.isCallExpression);
  return method === undefined ? calls : calls.filter(({ expression }) => memberOf(expression) === method);
}

/** The `new` expressions of a file. */
export function newsIn(tree: ts.SourceFile): readonly ts.NewExpression[] {
  return invocationsIn(tree).filter(ts.isNewExpression);
}

/** One thing that is done to a Fastify instance. */
export interface Use {
  /** register: `app.register(…)` · route: `app.get(…)`, `app.route(…)` · helper: `registerRoutes(app)`. */
  readonly kind: 'register' | 'route' | 'helper';
  /** The name that it has there. */
  readonly binding: string;
  readonly call: ts.CallExpression;
}

/** The methods of an instance that add a route. */
export const routeMethods: ReadonlySet<string> = new Set([
  'get',
  'post',
  'put',
  'patch',
  'delete',
  'head',
  'options',
  'all',
  'route',
]);

/** Everything done in `scope` to the instance of these names, in the order of the text; other names for it included. */
export function findCalls(scope: ts.Node, names: readonly string[]): readonly Use[] {
  const all = new Set(names);
  const uses: Use[] = [];
  walk(scope, (node) => {
    if (node !== scope && isShadowing(node, all)) return false;
    if (ts.isVariableDeclaration(node)) addAlias(node, all);
    if (ts.isCallExpression(node)) {
      const use = useOf(node, all);
      if (use !== undefined) uses.push(use);
    }
    return true;
  });
  return uses.sort((a, b) => placeOf(a) - placeOf(b));
}

/**
 * The name at the start of a chain: `app` of `app.register(a).after()`; `this.server` of `this.server.get()`;
 * `server.fastify` of `server.fastify.get()`; `fastify()` of `fastify(options).register(a)`.
 */
export function rootOf(expression: ts.Expression): string | undefined {
  const bare = unwrap(expression);
  if (ts.isIdentifier(bare)) return bare.text;
  if (ts.isCallExpression(bare)) {
    const receiver = receiverOf(bare.expression);
    if (receiver !== undefined) return rootOf(receiver);
    return ts.isIdentifier(bare.expression) ? `${bare.expression.text}()` : undefined;
  }
  const isField =
    ts.isPropertyAccessExpression(bare) &&
    (bare.expression.kind === ts.SyntaxKind.ThisKeyword || ts.isIdentifier(bare.expression));
  return isField ? bare.getText() : undefined;
}

/** A function with a parameter of its own by one of these names. */
function isShadowing(node: ts.Node, names: ReadonlySet<string>): boolean {
  return ts.isFunctionLike(node) && node.parameters.some(({ name }) => names.has(name.getText()));
}

/** `const typed = app.withTypeProvider()` and `const server = app`. */
function addAlias({ initializer, name }: ts.VariableDeclaration, names: Set<string>): void {
  if (initializer === undefined || !ts.isIdentifier(name)) return;
  const bare = unwrap(initializer);
  const isTyped = ts.isCallExpression(bare) && memberOf(bare.expression) === 'withTypeProvider';
  const root = isTyped || !ts.isCallExpression(bare) ? rootOf(bare) : undefined;
  if (root !== undefined && names.has(root)) names.add(name.text);
}

function useOf(call: ts.CallExpression, names: ReadonlySet<string>): Use | undefined {
  const method = memberOf(call.expression);
  const receiver = receiverOf(call.expression);
  const root = receiver === undefined ? undefined : rootOf(receiver);
  if (method !== undefined && root !== undefined && names.has(root)) {
    if (method === 'register' && call.arguments.length > 0) return { kind: 'register', binding: root, call };
    const enough = method === 'route' ? 1 : 2;
    if (routeMethods.has(method) && call.arguments.length >= enough)
      return { kind: 'route', binding: root, call };
    return undefined;
  }
  const given = call.arguments
    .map((argument) => rootOfArgument(argument))
    .find((name) => name !== undefined && names.has(name));
  return given === undefined || !ts.isIdentifier(call.expression)
    ? undefined
    : { kind: 'helper', binding: given, call };
}

function rootOfArgument(argument: ts.Expression): string | undefined {
  const bare = unwrap(argument);
  return ts.isIdentifier(bare) || ts.isPropertyAccessExpression(bare) ? rootOf(bare) : undefined;
}

/** Where the call's own name is: in a chain the outer call begins where the inner one does. */
function placeOf({ call }: Use): number {
  const { expression } = call;
  return ts.isPropertyAccessExpression(expression) ? expression.name.getStart() : expression.getStart();
}

/** A call by its method and arguments: it is the same in a text in which other lines have been added. */
export function callKey({ arguments: given, expression }: ts.CallExpression): string {
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
  return `${name}(${given.map((one) => one.getText()).join(', ')})`.replace(/\s+/g, ' ');
}

/**
 * The calls of members that are given the instance of these names: `controller.register(app)`. They count as helpers,
 * whose function has to be found by what the receiver is.
 */
export function findMemberCalls(scope: ts.Node, names: readonly string[]): readonly Use[] {
  const all = new Set(names);
  const uses: Use[] = [];
  walk(scope, (node) => {
    if (node !== scope && isShadowing(node, all)) return false;
    const receiver = ts.isCallExpression(node) ? receiverOf(node.expression) : undefined;
    if (!ts.isCallExpression(node) || receiver === undefined || names.includes(rootOf(receiver) ?? ''))
      return true;
    const binding = node.arguments.map((one) => unwrap(one).getText()).find((text) => names.includes(text));
    if (binding !== undefined) uses.push({ kind: 'helper', binding, call: node });
    return true;
  });
  return uses;
}
