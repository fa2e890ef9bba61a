import type { RelPath } from '../../model/paths.ts';
import { pickNodes, placeOf, ts } from '../../syntax/tree.ts';
import {
  enclosingFunction,
  type FunctionNode,
  isAssignment,
  isFunctionNode,
  memberOf,
  nameOf,
  propertyOf,
  receiverOf,
  stringOf,
  unwrap,
} from '../../syntax/expressions.ts';
import { importedBy, importsOf, requiredModule } from '../../syntax/symbols.ts';
import { foundOnce, openSurvey, type Survey } from '../../program/survey.ts';
import { callsIn, findCalls, invocationsIn, rootOf, type Use } from '../../syntax/calls.ts';
import { findHelper, findPluginFunction } from '../../program/plugin-functions.ts';
import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';

/** One place where a Fastify instance is made, or is taken from the function that makes it. */
export interface Instantiation {
  readonly file: RelPath;
  readonly node: ts.CallExpression | ts.NewExpression;
  /** `app`, `this.server`; `fastify()` for a nameless one with a chain on it; undefined when it is passed on at once. */
  readonly binding: string | undefined;
  /** Where that name is known: the function around it, the class, or the file. */
  readonly scope: ts.Node;
  readonly at: 'function' | 'module' | 'class';
  readonly owner: FunctionNode | undefined;
}

/** Every `fastify(…)` call of the service's own code; several that are assigned to one name count once. */
export const findInstantiations = foundOnce((survey): readonly Instantiation[] => {
  const found = survey.filesMatching(/['"]fastify['"]/).flatMap((file) =>
    callsIn(survey.tree(file))
      .filter(makesInstance)
      .map((call) => instantiationOf(file, call)),
  );
  const seen = new Map<ts.Node, Set<string | undefined>>();
  return found.filter(({ binding, scope }) => {
    const names = seen.get(scope) ?? new Set();
    const isFirst = binding === undefined || !names.has(binding);
    seen.set(scope, names.add(binding));
    return isFirst;
  });
});

/** Where the results of the functions that make an instance are taken: `const app = createServer()`. */
export function findTakers(survey: Survey, makers: readonly Instantiation[]): readonly Instantiation[] {
  const owners = new Map(makers.flatMap(({ file, owner }) => (owner === undefined ? [] : [[owner, file]])));
  const calls = [...owners].flatMap(([node, file]) =>
    nameOf(node) === undefined ? [] : survey.names.callsOf({ file, node }),
  );
  const places = new Map(survey.files.map((file, index) => [file, index]));
  return calls
    .flatMap(({ file, node }) => (ts.isCallExpression(node) ? [{ file, node }] : []))
    .sort(
      (a, b) =>
        (places.get(a.file) ?? 0) - (places.get(b.file) ?? 0) || a.node.getStart() - b.node.getStart(),
    )
    .map(({ file, node }) => instantiationOf(file, node));
}

function makesInstance({ expression }: ts.CallExpression): boolean {
  const callee = unwrap(expression);
  const receiver = receiverOf(callee);
  const isOwner = receiver !== undefined && /^(?:default|fastify)$/.test(memberOf(callee) ?? '');
  if (requiredModule(isOwner ? receiver : callee) === 'fastify') return true;
  return ['default', 'fastify', 'Fastify', '*'].includes(importedBy(callee, 'fastify')?.name ?? '');
}

/** The place of a call that returns an instance, with the name it is assigned to. */
function instantiationOf(file: RelPath, node: Instantiation['node']): Instantiation {
  const outer = chainEnd(node);
  const { parent } = outer;
  const owner = enclosingFunction(outer);
  const classNode = enclosingClass(outer);
  const target = bindingTarget(parent, outer) ?? chainedName(node, outer);
  if (
    target !== undefined &&
    classNode !== undefined &&
    (target.startsWith('this.') || owner === undefined)
  ) {
    return { file, node, binding: target, scope: classNode, at: 'class', owner };
  }
  const at = owner === undefined ? 'module' : 'function';
  return { file, node, binding: target, scope: owner ?? node.getSourceFile(), at, owner };
}

/** The whole expression around a call: what is chained onto it, `await`, type assertions, `? :` and `??`. */
function chainEnd(node: ts.Expression): ts.Expression {
  const { parent } = node;
  if (isAlternative(parent, node)) return chainEnd(parent);
  const isChain =
    ts.isPropertyAccessExpression(parent) && parent.expression === node && ts.isCallExpression(parent.parent);
  if (isChain && parent.parent.expression === parent) return chainEnd(parent.parent);
  const isWrapped = ts.isExpression(parent) && unwrap(parent) !== parent && !ts.isVoidExpression(parent);
  return isWrapped ? chainEnd(parent) : node;
}

/** One of several expressions that can be the value of `parent`: `secure ? fastify(a) : fastify(b)`, `given ?? fastify()`. */
function isAlternative(parent: ts.Node, node: ts.Expression): parent is ts.Expression {
  if (ts.isConditionalExpression(parent)) return parent.condition !== node;
  return ts.isBinaryExpression(parent) && /^(\?\?|\|\|)$/.test(parent.operatorToken.getText());
}

/** The name by which a chain on an instance without a name is known: `fastify()` of `return fastify(options).register(…)`. */
function chainedName(node: ts.Expression, outer: ts.Expression): string | undefined {
  const chain = unwrap(outer);
  const root = rootOf(chain);
  return ts.isCallExpression(chain) && chain !== node && root === rootOf(node) ? root : undefined;
}

function bindingTarget(parent: ts.Node, value: ts.Expression): string | undefined {
  const isDefault = ts.isParameter(parent) && parent.initializer === value;
  if (isDefault || ts.isVariableDeclaration(parent))
    return ts.isIdentifier(parent.name) ? parent.name.text : undefined;
  if (ts.isPropertyDeclaration(parent)) return `this.${parent.name.getText()}`;
  return isAssignment(parent) && parent.right === value ? parent.left.getText() : undefined;
}

function enclosingClass(node: ts.Node): ts.ClassDeclaration | undefined {
  const isEnd = (at: ts.Node): boolean => isFunctionNode(at) && !ts.isMethodDeclaration(at);
  const found = ts.findAncestor(node.parent, (at) => ts.isClassDeclaration(at) || isEnd(at));
  return found !== undefined && ts.isClassDeclaration(found) ? found : undefined;
}

/**
 * Where a service takes its instance from code that is not its own: `const app = await createServer()` of a package of
 * the workspace, `const { app } = …`, `new Server()` with the instance in a field. What is taken is an instance when the
 * service's own plugins, by their types, are registered on it.
 */
export function findOutsideInstantiations(survey: Survey): readonly Instantiation[] {
  return survey
    .filesMatching(/\b(const|let)\b/)
    .flatMap((file) => callsFromOutside(survey, file).flatMap((call) => instancesOf(survey, call, file)));
}

/** Calls of what a package exports, whose results get a name. */
export function callsFromOutside(
  survey: Survey,
  file: RelPath,
): readonly (ts.CallExpression | ts.NewExpression)[] {
  const tree = survey.tree(file);
  const foreign = new Set(
    [...importsOf(tree)].flatMap(([name, { from }]) =>
      survey.names.module(file, from) === undefined && from !== 'fastify' ? [name] : [],
    ),
  );
  return foreign.size === 0
    ? []
    : invocationsIn(tree).filter(({ expression }) => foreign.has(expression.getText()));
}

function instancesOf(
  survey: Survey,
  call: ts.CallExpression | ts.NewExpression,
  file: RelPath,
): readonly Instantiation[] {
  const instantiation = instantiationOf(file, call);
  const declaration = ts.findAncestor(call, ts.isVariableDeclaration);
  if (declaration?.initializer === undefined || unwrap(declaration.initializer) !== call) return [];
  const names = namesIn(declaration, instantiation.scope);
  return names
    .filter((name) => findCalls(instantiation.scope, [name]).some((use) => takesInstance(survey, use, file)))
    .slice(0, 1)
    .map((binding) => ({ ...instantiation, binding }));
}

/** `app`; its fields that are used, `server.fastify`; each name of `{ app, start }`. */
function namesIn({ name }: ts.VariableDeclaration, scope: ts.Node): readonly string[] {
  if (ts.isObjectBindingPattern(name))
    return name.elements.flatMap((one) => (ts.isIdentifier(one.name) ? [one.name.text] : []));
  if (!ts.isIdentifier(name)) return [];
  const fields = pickNodes(scope, (node) => {
    const isField = ts.isPropertyAccessExpression(node) && node.expression.getText() === name.text;
    return isField ? node.getText() : undefined;
  });
  return [name.text, ...new Set(fields)];
}

/** Whether a use hands the value to a function of the service that wants a Fastify instance. */
function takesInstance(survey: Survey, use: Use, file: RelPath): boolean {
  const helper = findHelper(survey, use, file);
  if (helper !== undefined) return wantsInstance(helper.node, helper.index);
  const [plugin] = use.kind === 'register' ? use.call.arguments : [];
  const found = plugin && findPluginFunction(survey, plugin, file);
  return found !== undefined && (found.shared || wantsInstance(found.node, 0));
}

/** By the type of its parameter, or of the variable that holds the function. */
export function wantsInstance(node: ts.SignatureDeclaration, index: number): boolean {
  const own = node.parameters[index]?.type?.getText() ?? '';
  const whole = ts.isVariableDeclaration(node.parent) ? (node.parent.type?.getText() ?? '') : '';
  return /Fastify\w*Instance|FastifyInstance/.test(own) || /^Fastify\w*Plugin|^FastifyPlugin/.test(whole);
}

/** Whether a service listens with TLS always: its instance is made with `https: {…}`, under no condition. */
export function servesTls(repo: Repo, head: ServiceHead): boolean {
  const survey = openSurvey(repo, head);
  return findInstantiations(survey).some(({ file, node }) => {
    const options = survey.names.objectOf(node.arguments?.[0], file);
    return options && survey.names.objectOf(propertyOf(options.node, 'https'), options.file) !== undefined;
  });
}

/** A WebSocket server that takes connections beside the routes of the application, so no hook of it runs. */
export interface WebSocketServer {
  readonly path: RelPath;
  /** 1-based. */
  readonly line: number;
  /** The package that it comes from; `node:http` for a listener of `upgrade`. */
  readonly from: string;
}

const makers: Readonly<Record<string, RegExp>> = {
  ws: /^(?:WebSocketServer|Server)$/,
  'socket.io': /^(?:Server|default)$/,
};

/** Finds the servers of `ws` and socket.io, the plugins that add one, and listeners of `upgrade` on the HTTP server. */
export function findWebSocketServers(survey: Survey): readonly WebSocketServer[] {
  return survey.filesMatching(/['"](?:ws|socket\.io|fastify-socket\.?io|upgrade)['"]/).flatMap((path) => {
    return invocationsIn(survey.tree(path)).flatMap((node) => {
      const from = serverOf(node);
      return from === undefined ? [] : [{ ...placeOf(node, path), from }];
    });
  });
}

function serverOf(node: ts.NewExpression | ts.CallExpression): string | undefined {
  if (ts.isNewExpression(node)) {
    const made = importedBy(node.expression, ...Object.keys(makers));
    return made !== undefined && makers[made.from]?.test(made.name) === true ? made.from : undefined;
  }
  const callee = unwrap(node.expression);
  const [first] = node.arguments;
  if (first === undefined) return undefined;
  const member = memberOf(callee);
  if (member === 'register') return importedBy(first, 'fastify-socket.io', 'fastify-socketio')?.from;
  const receiver = receiverOf(callee);
  const isUpgrade = member === 'on' && stringOf(first) === 'upgrade';
  return isUpgrade && receiver !== undefined && memberOf(receiver) === 'server' ? 'node:http' : undefined;
}
