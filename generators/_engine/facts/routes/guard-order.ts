import type { Place } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import { lineOf } from '../../syntax/tree.ts';
import { findAppPlace } from '../app/app-place.ts';
import { autoloadsOf } from '../app/autoload.ts';
import { callKey, findCalls, type Use } from '../../syntax/calls.ts';
import { findPluginFunction } from '../../program/plugin-functions.ts';
import {
  functionOf,
  indexOf,
  type Level,
  levelOf,
  type Need,
  needOf,
  pluginsOf,
  type RootCode,
  type Wanted,
} from '../app/root-code.ts';
import { fileHoldsRoutes, filesBelow, handsRoutes, registersRoutes } from './route-reach.ts';
import type { Survey } from '../../program/survey.ts';
import { findInstantiations } from '../app/instantiations.ts';

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
      .map(placeOf),
    ...(child !== undefined && { child: placeOf(child) }),
  };
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
  return use.kind === 'route' || handsRoutes(survey, use.call, indexOf(use), file);
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

function placeOf({ file, use: { call } }: Step): Place {
  return { path: file, line: lineOf(call.getSourceFile(), call.getStart()) };
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
    return others.map(({ call }) => ({ path: file, line: lineOf(call.getSourceFile(), call.getStart()) }));
  });
}
