import type { RelPath } from '../model/paths.ts';
import { ts, walk } from '../syntax/tree.ts';
import {
  type FunctionNode,
  isFunctionNode,
  keyOf,
  memberOf,
  receiverOf,
  stringOf,
  unwrap,
} from '../syntax/expressions.ts';
import type { Survey } from './survey.ts';
import type { Argument } from './repeated-calls.ts';

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
  if (first !== undefined && isFastifyPlugin(survey, callee, found.file)) {
    const inner = findPluginFunction(survey, first, found.file, hops + 1);
    return inner === undefined ? undefined : { ...inner, shared: true };
  }
  const resolver = first === undefined ? undefined : resolverOf(survey, callee, found.file);
  if (first !== undefined && resolver === 'asValue')
    return findPluginFunction(survey, first, found.file, hops + 1);
  const making = first !== undefined && resolver === 'asFunction' ? first : callee;
  const maker = survey.names.value(making, found.file);
  const made = maker !== undefined && isFunctionNode(maker.node) ? returnedOf(maker.node) : undefined;
  return maker === undefined || made === undefined
    ? undefined
    : findPluginFunction(survey, made, maker.file, hops + 1);
}

export function isFastifyPlugin(survey: Survey, callee: ts.Expression, file: RelPath): boolean {
  const bare = unwrap(callee);
  return ts.isIdentifier(bare) && survey.names.importOf(bare, file)?.from === 'fastify-plugin';
}

/** What a function returns by its first return statement of its own. */
function returnedOf(node: FunctionNode): ts.Expression | undefined {
  const { body } = node;
  if (body === undefined) return undefined;
  if (!ts.isBlock(body)) return body;
  let returned: ts.Expression | undefined;
  walk(body, (at) => {
    if (returned !== undefined || ts.isFunctionLike(at)) return false;
    if (ts.isReturnStatement(at)) returned = at.expression;
    return true;
  });
  return returned;
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
  if (found === undefined) return undefined;
  if (isFunctionNode(found.node)) return { file: found.file, node: found.node, shared: false };
  return ts.isExpression(found.node)
    ? findPluginFunction(survey, found.node, found.file, hops + 1)
    : undefined;
}

/**
 * What an awilix container gives where a class or a function asks for it by a parameter: the call in
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
    let found: ts.Expression | undefined;
    walk(survey.tree(place), (at) => {
      if (ts.isPropertyAssignment(at) && keyOf(at.name) === name)
        found ??= resolverIn(survey, at.initializer, place);
      return found === undefined;
    });
    if (found !== undefined) return { expression: found, file: place };
  }
  return undefined;
}

/** How awilix makes a value of the argument: by calling it, or as it is; undefined for a function of another package. */
export function resolverOf(
  survey: Survey,
  callee: ts.Expression,
  file: RelPath,
): 'asFunction' | 'asValue' | undefined {
  const bare = unwrap(callee);
  const imported = ts.isIdentifier(bare) ? survey.names.importOf(bare, file) : undefined;
  if (imported?.from !== 'awilix') return undefined;
  return imported.name === 'asFunction' || imported.name === 'asValue' ? imported.name : undefined;
}

/** Without `.singleton()` and the like. */
function resolverIn(survey: Survey, value: ts.Expression, file: RelPath): ts.Expression | undefined {
  const bare = unwrap(value);
  if (!ts.isCallExpression(bare)) return undefined;
  if (resolverOf(survey, bare.expression, file) !== undefined) return bare;
  const receiver = receiverOf(bare.expression);
  return receiver === undefined ? undefined : resolverIn(survey, receiver, file);
}
