import type { AppFact } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import { autoloadsOf } from './autoload.ts';
import { nameOf } from '../../syntax/expressions.ts';
import { isFunctionNode, unwrap } from '../../syntax/expressions.ts';
import { findPluginFunction, parameterName } from '../../program/plugin-functions.ts';
import { argumentsOf } from '../../program/repeated-calls.ts';
import { filesBelow, packageOf } from '../routes/route-reach.ts';
import type { Survey } from '../../program/survey.ts';
import { findCalls, type Use } from '../../syntax/calls.ts';

/** Code that registers on the application itself. */
export interface RootCode extends Pick<AppFact, 'kind' | 'binding'> {
  readonly file: RelPath;
  /** The function's name; absent for the app's own code. */
  readonly owner?: string;
}

/** {@link RootCode} with its tree. */
export type Level = RootCode & Readonly<{ scope: ts.Node; names: readonly string[] }>;

/** Packages by name. */
export type Wanted = (name: string) => boolean;

/** Whether a package comes to this very instance, or to a child of it. */
export type Need = 'here' | 'child' | undefined;

/** Where a wanted package is registered by what one call brings. */
export function needOf(survey: Survey, use: Use, file: RelPath, wanted: Wanted, depth = 0): Need {
  if (depth > 4 || use.kind === 'route') return undefined;
  const inside = (code: Level | undefined, isShared: boolean): Need => {
    const found = code === undefined ? [] : findCalls(code.scope, code.names);
    const needs = found.map((one) => needOf(survey, one, code?.file ?? file, wanted, depth + 1));
    if (needs.includes('here')) return isShared ? 'here' : 'child';
    return needs.find((one) => one !== undefined);
  };
  if (use.kind === 'helper') return inside(functionOf(survey, use, file), true);
  const folders = autoloadsOf(survey, [use], file);
  const loaded = folders.flatMap(({ dir }) => filesBelow(survey, dir));
  const isShared = folders.some((folder) => folder.isShared);
  const plugins =
    loaded.length > 0 ? loaded.map((path) => defaultOf(survey, path)) : pluginsOf(survey, use, file);
  const needs = plugins.map((one): Need => {
    if (one === undefined) return undefined;
    const name = packageOf(survey, one.expression, one.file);
    if (name !== undefined) return wanted(name) ? 'here' : undefined;
    const found = findPluginFunction(survey, one.expression, one.file);
    return found === undefined
      ? undefined
      : inside(levelOf(found.file, found.node, 0), found.shared || isShared);
  });
  return needs.includes('here') ? 'here' : needs.find((one) => one !== undefined);
}

type Plugin = Readonly<{ expression: ts.Expression; file: RelPath }>;

export function pluginsOf(survey: Survey, { call }: Use, file: RelPath): readonly (Plugin | undefined)[] {
  return argumentsOf(survey, call, file).map(([plugin]) => plugin);
}

/** The plugin that an autoloaded file exports. */
function defaultOf(survey: Survey, path: RelPath): Plugin | undefined {
  const found = survey.names.exported(path, 'default');
  if (found !== undefined && ts.isExpression(found.node)) return { expression: found.node, file: found.file };
  const name = found !== undefined && isFunctionNode(found.node) ? found.node.name : undefined;
  return name !== undefined && ts.isIdentifier(name) ? { expression: name, file: path } : undefined;
}

export function functionOf(survey: Survey, use: Use, file: RelPath): Level | undefined {
  const found = survey.names.value(use.call.expression, file);
  return found === undefined ? undefined : levelOf(found.file, found.node, indexOf(use));
}

export function levelOf(file: RelPath, node: ts.Node, index: number): Level | undefined {
  if (!isFunctionNode(node) || node.body === undefined) return undefined;
  const binding = parameterName(node, index);
  const owner = nameOf(node);
  if (binding === undefined) return undefined;
  return {
    file,
    kind: 'plugin',
    binding,
    names: [binding],
    scope: node.body,
    ...(owner !== undefined && { owner }),
  };
}

export function indexOf({ binding, call }: Use): number {
  return call.arguments.findIndex((argument) => unwrap(argument).getText() === binding);
}
