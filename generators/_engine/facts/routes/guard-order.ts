import type { AppFact } from '../../model/app-facts.ts';
import type { Place } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import {
  argumentIndex,
  argumentsOf,
  findHelper,
  findPluginFunction,
  parameterName,
} from '../../program/plugin-functions.ts';
import type { Survey } from '../../program/survey.ts';
import { callKey, findCalls, type Use } from '../../syntax/calls.ts';
import { isFunctionNode, nameOf } from '../../syntax/expressions.ts';
import { placeOf, ts } from '../../syntax/tree.ts';
import { findAppPlace } from '../app/app-place.ts';
import { findInstantiations } from '../app/instantiations.ts';
import { autoloadsOf } from './autoload.ts';
import {
  fileHoldsRoutes,
  filesBelow,
  handsRoutes,
  packageBehind,
  packageOf,
  registersRoutes,
} from './route-reach.ts';

/** Code that registers on the application itself. */
interface RootCode extends Pick<AppFact, 'kind' | 'binding'> {
  readonly file: RelPath;
  /** The function's name; absent for the app's own code. */
  readonly owner?: string;
}

/** {@link RootCode} with its tree. */
export type Level = RootCode & Readonly<{ scope: ts.Node; names: readonly string[] }>;

/** Packages by name. */
type Wanted = (name: string) => boolean;

/** Whether a package comes to this very instance, or to a child of it. */
type Need = 'here' | 'child' | undefined;

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
  // What a folder of packages' plugins brings, it brings to the application.
  const packages = loaded.flatMap((path) => packageBehind(survey, path) ?? []);
  if (packages.some(wanted)) return 'here';
  const plugins =
    loaded.length > 0 ? loaded.map((path) => defaultOf(survey, path)) : pluginsOf(survey, use, file);
  const needs = plugins.map((one): Need => {
    if (one === undefined) return undefined;
    const name = packageOf(survey, one.expression, one.file);
    if (name !== undefined) return wanted(name) ? 'here' : undefined;
    const found = findPluginFunction(survey, one.expression, one.file);
    if (found === undefined) return undefined;
    return inside(levelOf(found.file, found.node, 0), found.shared || isShared);
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
  const found = findHelper(survey, use, file);
  return found && levelOf(found.file, found.node, found.index);
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

/** One thing that is done to the application. */
interface Step {
  readonly use: Use;
  readonly file: RelPath;
  /** It may add routes or answer requests. */
  readonly routes: boolean;
  /** It brings a package that has to come first: to this very instance, or to a child of it. */
  readonly needed: Need;
}

/** Where a guard of the whole application has to be registered. */
export interface GuardOrder {
  readonly code: RootCode;
  /** Calls without routes, and calls that come before the guard, as `callKey` has them. */
  readonly silent: readonly string[];
  readonly after: readonly string[];
  /** What may have routes, or answer requests, and is registered before something that the guard needs. */
  readonly early: readonly Place[];
  /** One call that brings both what the guard needs and routes, in code that cannot be changed between them. */
  readonly mixed?: Place;
  /** What the guard needs first, in a child of the application. */
  readonly child?: Place;
}

/** Finds it: after every `wanted` package, before all that may have routes. Read-only. */
export function findGuardOrder(survey: Survey, binding: string, wanted: Wanted, own: string): GuardOrder {
  const { file, kind, names, scope } = findAppPlace(survey);
  return orderOf(survey, { file, kind, binding, names, scope }, wanted, own, 0);
}

/**
 * Whether @fastify/autoload loads the guard `own` from its folder after all that it needs and before all that may have
 * routes: nothing is needed from that folder on, and nothing before it has any.
 */
export function autoloadKeepsOrder(survey: Survey, binding: string, wanted: Wanted, own: RelPath): boolean {
  const { file, kind, names, scope } = findAppPlace(survey);
  const steps = stepsOf(survey, { file, kind, binding, names, scope }, wanted, '');
  const at = steps.findIndex(({ use }) =>
    autoloadsOf(survey, [use], file).some(({ dir }) => own.startsWith(`${dir}/`)),
  );
  if (at < 0) return steps.every(({ needed }) => needed === undefined);
  const [folder] = autoloadsOf(
    survey,
    steps.slice(at, at + 1).map(({ use }) => use),
    file,
  );
  const siblings = folder === undefined ? [] : filesBelow(survey, folder.dir);
  return (
    steps.slice(at).every(({ needed }) => needed === undefined) &&
    steps.slice(0, at).every(({ routes }) => !routes) &&
    siblings.every((path) => path >= own || !fileHoldsRoutes(survey, path))
  );
}

function orderOf(survey: Survey, level: Level, wanted: Wanted, own: string, depth: number): GuardOrder {
  const steps = stepsOf(survey, level, wanted, own);
  const last = steps.findLastIndex(({ needed }) => needed === 'here');
  const first = steps.findIndex(({ routes }) => routes);
  const both = first >= 0 && first === last ? steps[first] : undefined;
  const inner = both === undefined || depth > 3 ? undefined : insideOf(survey, both);
  if (inner !== undefined) return orderOf(survey, inner, wanted, own, depth + 1);
  const { binding, file, kind, owner } = level;
  const keys = (some: readonly Step[]): readonly string[] => some.map(({ use }) => callKey(use.call));
  const child = steps.find(({ needed }) => needed === 'child');
  return {
    code: { file, kind, binding, ...(owner !== undefined && { owner }) },
    silent: keys(steps.filter(({ routes }) => !routes)),
    after: keys(steps.filter(({ needed }) => needed === 'here')),
    early: steps
      .slice(0, last + 1)
      .filter(({ routes }) => routes)
      .map(({ use, file: at }) => placeOf(use.call, at)),
    ...(child !== undefined && { child: placeOf(child.use.call, child.file) }),
    ...(both !== undefined && isFolder(survey, both) && { mixed: placeOf(both.use.call, both.file) }),
  };
}

function isFolder(survey: Survey, { file, use }: Step): boolean {
  return autoloadsOf(survey, [use], file).length > 0;
}

function stepsOf(
  survey: Survey,
  { file, names, scope }: Level,
  wanted: Wanted,
  own: string,
): readonly Step[] {
  return findCalls(scope, names)
    .filter(({ call }) => call.arguments[0]?.getText() !== own)
    .map((use) => ({
      use,
      file,
      routes: hasRoutes(survey, use, file),
      needed: needOf(survey, use, file, wanted),
    }));
}

function hasRoutes(survey: Survey, use: Use, file: RelPath): boolean {
  if (use.kind === 'register') return registersRoutes(survey, use.call, file);
  return use.kind === 'route' || handsRoutes(survey, use.call, argumentIndex(use.call, use.binding), file);
}

/** The code behind a call in which the instance is the application itself, where it can be changed. */
function insideOf(survey: Survey, { file, use }: Step): Level | undefined {
  if (use.kind === 'helper') return functionOf(survey, use, file);
  const [only, other] = pluginsOf(survey, use, file);
  const found =
    only === undefined || other !== undefined
      ? undefined
      : findPluginFunction(survey, only.expression, only.file);
  return found?.shared === true ? levelOf(found.file, found.node, 0) : undefined;
}

/** What a parent adds to the instance beside the application, which is a plugin of its own context; [] where none does. */
export function routesOfParent(survey: Survey): readonly Place[] {
  const place = findAppPlace(survey);
  if (place.kind !== 'plugin') return [];
  return findInstantiations(survey).flatMap(({ binding, file, scope }) => {
    if (binding === undefined) return [];
    const uses = findCalls(scope, [binding]);
    const isApp = (use: Use): boolean =>
      use.kind === 'register' &&
      pluginsOf(survey, use, file).some((one) => {
        const found = one === undefined ? undefined : findPluginFunction(survey, one.expression, one.file);
        return found?.node.body === place.scope && !found.shared;
      });
    if (!uses.some(isApp)) return [];
    const others = uses.filter((use) => !isApp(use) && hasRoutes(survey, use, file));
    return others.map(({ call }) => placeOf(call, file));
  });
}
