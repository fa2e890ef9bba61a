import type { RelPath } from '../model/paths.ts';
import { pickNodes, ts } from '../syntax/tree.ts';
import {
  type FunctionNode,
  isAssignment,
  isFunctionNode,
  keyOf,
  memberOf,
  propertyOf,
  receiverOf,
  returnsOf,
  stringOf,
  unwrap,
} from '../syntax/expressions.ts';
import { findCalls, newsIn, type Use } from '../syntax/calls.ts';
import { importedBy } from '../syntax/symbols.ts';
import { findCallee } from './callees.ts';
import type { Definition } from './definitions.ts';
import type { Survey } from './survey.ts';

/** The function behind what is given to `register`. */
export interface PluginFunction {
  readonly file: RelPath;
  readonly node: FunctionNode;
  /** Wrapped in fastify-plugin: what it adds reaches its parent. */
  readonly shared: boolean;
}

const maxHops = 6;

/** Finds the plugin function of an expression: through imports, fastify-plugin, `import()` and functions that make plugins. */
export function findPluginFunction(
  survey: Survey,
  expression: ts.Expression,
  file: RelPath,
  hops = 0,
): PluginFunction | undefined {
  if (hops > maxHops) return undefined;
  const found = survey.names.value(expression, file) ?? { file, node: unwrap(expression) };
  if (isFunctionNode(found.node)) return { file: found.file, node: found.node, shared: false };
  if (!ts.isCallExpression(found.node)) return undefined;
  const { arguments: given, expression: callee } = found.node;
  const [first] = given;
  if (callee.kind === ts.SyntaxKind.ImportKeyword)
    return fromDynamicImport(survey, stringOf(first), found.file, hops);
  if (first !== undefined && isFastifyPlugin(callee)) {
    const inner = findPluginFunction(survey, first, found.file, hops + 1);
    return inner === undefined ? undefined : { ...inner, shared: true };
  }
  const resolver = first === undefined ? undefined : resolverOf(callee);
  if (first !== undefined && resolver === 'asValue')
    return findPluginFunction(survey, first, found.file, hops + 1);
  const making = first !== undefined && resolver === 'asFunction' ? first : callee;
  const maker = survey.names.value(making, found.file);
  const made =
    maker !== undefined && isFunctionNode(maker.node) ? returnsOf(maker.node).find(Boolean) : undefined;
  return maker === undefined || made === undefined
    ? undefined
    : findPluginFunction(survey, made, maker.file, hops + 1);
}

export function isFastifyPlugin(callee: ts.Expression): boolean {
  return importedBy(callee, 'fastify-plugin') !== undefined;
}

/** The name of a function's parameter; the instance comes first in a plugin. */
export function parameterName(node: FunctionNode, index = 0): string | undefined {
  const name = node.parameters[index]?.name;
  return name !== undefined && ts.isIdentifier(name) ? name.text : undefined;
}

function fromDynamicImport(
  survey: Survey,
  specifier: string | undefined,
  file: RelPath,
  hops: number,
): PluginFunction | undefined {
  const target = specifier === undefined ? undefined : survey.names.module(file, specifier);
  const found = target === undefined ? undefined : survey.names.exported(target, 'default');
  return pluginBehind(survey, found, hops + 1);
}

/** The plugin function that a file exports as its default. */
export function defaultPlugin(survey: Survey, file: RelPath): PluginFunction | undefined {
  return pluginBehind(survey, survey.names.exported(file, 'default'));
}

/** The plugin function that a definition is, or makes. */
export function pluginBehind(
  survey: Survey,
  found: Definition | undefined,
  hops = 0,
): PluginFunction | undefined {
  if (found === undefined) return undefined;
  if (isFunctionNode(found.node)) return { file: found.file, node: found.node, shared: false };
  return ts.isExpression(found.node) ? findPluginFunction(survey, found.node, found.file, hops) : undefined;
}

/** A function that a call hands the instance to, as the argument `index`: `registerAll(app)`. */
export interface HelperFunction extends PluginFunction {
  readonly index: number;
}

export function findHelper(
  survey: Survey,
  { binding, call, kind }: Use,
  file: RelPath,
): HelperFunction | undefined {
  const found = kind === 'helper' ? findCallee(survey, call.expression, file) : undefined;
  if (found === undefined) return undefined;
  return { ...found, shared: true, index: argumentIndex(call, binding) };
}

/** Which argument of a call an instance is, by its name; -1 where it is none. */
export function argumentIndex(call: ts.CallExpression | ts.NewExpression, instance: string): number {
  return (call.arguments ?? []).findIndex((argument) => unwrap(argument).getText() === instance);
}

/**
 * What an awilix container injects for a parameter of a class or a function: the call in
 * `{ userRoutes: asFunction(makeUserRoutes).singleton() }` for `userRoutes`. Undefined for every other expression.
 */
export function inContainer(survey: Survey, expression: ts.Expression, file: RelPath): Argument | undefined {
  const bare = unwrap(expression);
  const name = ts.isIdentifier(bare) ? bare.text : memberOf(bare);
  const node = survey.names.value(bare, file)?.node;
  const isAskedFor =
    node === bare || (node !== undefined && (ts.isBindingElement(node) || ts.isParameter(node)));
  if (name === undefined || !isAskedFor) return undefined;
  for (const place of survey.filesMatching(/\bawilix\b/)) {
    const [found] = pickNodes(survey.tree(place), (at) =>
      ts.isPropertyAssignment(at) && keyOf(at.name) === name ? resolverIn(at.initializer) : undefined,
    );
    if (found !== undefined) return { expression: found, file: place };
  }
  return undefined;
}

/** How awilix makes a value of the argument: by calling it, or as it is; undefined for a function of another package. */
export function resolverOf(callee: ts.Expression): 'asFunction' | 'asValue' | undefined {
  const name = importedBy(callee, 'awilix')?.name;
  return name === 'asFunction' || name === 'asValue' ? name : undefined;
}

/** Without `.singleton()` and the like. */
function resolverIn(value: ts.Expression): ts.Expression | undefined {
  const bare = unwrap(value);
  if (!ts.isCallExpression(bare)) return undefined;
  if (resolverOf(bare.expression) !== undefined) return bare;
  const receiver = receiverOf(bare.expression);
  return receiver === undefined ? undefined : resolverIn(receiver);
}

/** An argument of a call, and its file. */
export interface Argument {
  readonly expression: ts.Expression;
  readonly file: RelPath;
  /** In a loop, what a part of the argument stands for in this round. */
  readonly part?: (used: ts.Expression) => Argument | undefined;
}

/** What a loop calls each element: `plugin`, `{ plugin, options }` or `[plugin, options]`. */
interface Loop {
  readonly binding: ts.BindingName;
  readonly list: ts.Expression;
}

/**
 * The arguments with which a call is made, once for each time: for a call in a loop over an array literal those that
 * its elements give, else its own.
 */
export function argumentsOf(
  survey: Survey,
  call: ts.CallExpression,
  file: RelPath,
): readonly (readonly Argument[])[] {
  const own = call.arguments.map((expression) => ({ expression, file }));
  const loop = loopAround(call);
  const found = loop === undefined ? undefined : survey.names.value(loop.list, file);
  if (loop === undefined || found === undefined || !ts.isArrayLiteralExpression(found.node)) return [own];
  return found.node.elements.map((element) => {
    const part = (used: ts.Expression): Argument | undefined => {
      const given = partOf(element, loop.binding, unwrap(used));
      return given && { expression: given, file: found.file };
    };
    return own.map(({ expression }) => part(expression) ?? { expression, file, part });
  });
}

function loopAround(call: ts.CallExpression): Loop | undefined {
  const holder = ts.findAncestor(call.parent, (node) => ts.isFunctionLike(node) || ts.isForOfStatement(node));
  if (holder === undefined) return undefined;
  if (ts.isForOfStatement(holder)) {
    const [declaration] = ts.isVariableDeclarationList(holder.initializer)
      ? holder.initializer.declarations
      : [];
    return declaration && { binding: declaration.name, list: holder.expression };
  }
  const { parent } = holder;
  if (!ts.isFunctionLike(holder) || !ts.isCallExpression(parent)) return undefined;
  const list = receiverOf(parent.expression);
  const [parameter] = holder.parameters;
  const isEach = /^(?:forEach|map)$/.test(memberOf(parent.expression) ?? '');
  return isEach && list !== undefined && parameter !== undefined
    ? { binding: parameter.name, list }
    : undefined;
}

/** The value of an expression of the loop's body for one element; undefined when it does not depend on the element. */
function partOf(
  element: ts.Expression,
  binding: ts.BindingName,
  used: ts.Expression,
): ts.Expression | undefined {
  if (ts.isIdentifier(binding)) {
    if (used.getText() === binding.text) return element;
    const receiver = receiverOf(used);
    const member = memberOf(used);
    return receiver?.getText() === binding.text && member !== undefined
      ? propertyOf(element, member)
      : undefined;
  }
  const name = used.getText();
  if (ts.isObjectBindingPattern(binding)) {
    const bound = binding.elements.find((one) => one.name.getText() === name);
    return bound && propertyOf(element, (bound.propertyName ?? bound.name).getText());
  }
  const index = binding.elements.findIndex((one) => ts.isBindingElement(one) && one.name.getText() === name);
  const bare = unwrap(element);
  return index >= 0 && ts.isArrayLiteralExpression(bare) ? bare.elements[index] : undefined;
}

/** What is done to one instance, and the file in which it is. */
export interface CallsInFile {
  readonly file: RelPath;
  readonly uses: readonly Use[];
}

/** What classes of the service do to the instance that they are made with: `new UserHandlers(app).handleRoutes()`. */
export function classCalls(
  survey: Survey,
  scope: ts.Node,
  instance: string,
  file: RelPath,
): readonly CallsInFile[] {
  const isInside = (node: ts.Node): boolean => node.pos >= scope.pos && node.end <= scope.end;
  return newsIn(survey.tree(file))
    .filter(isInside)
    .flatMap((node) => {
      const index = argumentIndex(node, instance);
      const made = index === -1 ? undefined : survey.names.value(node.expression, file);
      return made !== undefined && ts.isClassLike(made.node)
        ? [{ file: made.file, uses: usesOf(made.node, index) }]
        : [];
    });
}

/** By the constructor's parameter, and in every method by the field that it is or that is set to it. */
function usesOf(made: ts.ClassLikeDeclaration, index: number): readonly Use[] {
  const maker = made.members.filter(ts.isConstructorDeclaration).find(({ body }) => body !== undefined);
  const parameter = maker?.parameters[index];
  if (maker?.body === undefined || parameter === undefined || !ts.isIdentifier(parameter.name)) return [];
  const { text } = parameter.name;
  const fields = ts.isParameterPropertyDeclaration(parameter, maker) ? [`this.${text}`] : [];
  const set = pickNodes(maker.body, (node) =>
    isAssignment(node) && unwrap(node.right).getText() === text ? node.left.getText() : undefined,
  );
  return [...findCalls(maker.body, [text]), ...findCalls(made, [...fields, ...set])];
}
