import type { Place } from '../../model/obstacle.ts';
import { dirnameRel, type RelPath } from '../../model/paths.ts';
import { findPluginFunction } from '../../program/plugin-functions.ts';
import { type Survey, withoutGenerated } from '../../program/survey.ts';
import { findCalls, type Use } from '../../syntax/calls.ts';
import { memberOf, propertyOf, receiverOf, stringOf } from '../../syntax/expressions.ts';
import { printKey } from '../../syntax/print.ts';
import { lineOf, ts, walk } from '../../syntax/tree.ts';
import { findAppPlace } from '../app/app-place.ts';
import { isMiddleware } from '../app/declared-members.ts';
import { autoloadsOf, isAutohooks } from '../routes/autoload.ts';
import { functionOf, type Level, levelOf, pluginsOf } from '../routes/guard-order.ts';
import { filesBelow } from '../routes/route-reach.ts';
import { decideHook, type Decision } from './guard-decision.ts';
import type { GuardedRequest } from './guard-values.ts';

/** A hook that requests come through before they are handled. */
export interface RootHook {
  readonly call: ts.CallExpression;
  readonly file: RelPath;
  readonly hook: ts.Expression;
}

type Code = Pick<Level, 'file' | 'names' | 'scope'>;

const events = /^(?:onRequest|preParsing|preValidation|preHandler)$/;
const maxDepth = 4;

/**
 * The hooks that the service's own code adds to the application: there, in functions that get it, in plugins that are
 * wrapped in fastify-plugin, autoloaded ones too; and in the autohooks file beside `autohooked`.
 */
export function findRootHooks(survey: Survey, autohooked: RelPath | undefined): readonly RootHook[] {
  const own = new Set<RelPath>(withoutGenerated(survey).files);
  const place = findAppPlace(survey);
  const beside = autohooked === undefined ? [] : hooksBeside(survey, autohooked);
  const levels = [place, ...sharedBelow(survey, place, 0), ...beside];
  // Our own middleware opens the verify route by its list.
  const isOwn = ({ file }: Code): boolean => own.has(file) && !isMiddleware(survey, file);
  const found = levels.filter(isOwn).flatMap((level) => hooksOf(level));
  return [...new Map(found.map((one) => [one.call, one])).values()];
}

function sharedBelow(survey: Survey, { file, names, scope }: Code, depth: number): readonly Code[] {
  if (depth > maxDepth) return [];
  return findCalls(scope, names).flatMap((use) => {
    const below = use.kind === 'helper' ? helperOf(survey, use, file) : sharedPlugins(survey, use, file);
    return below.flatMap((one) => [one, ...sharedBelow(survey, one, depth + 1)]);
  });
}

function helperOf(survey: Survey, use: Use, file: RelPath): readonly Code[] {
  const found = functionOf(survey, use, file);
  return found === undefined ? [] : [found];
}

function sharedPlugins(survey: Survey, use: Use, file: RelPath): readonly Code[] {
  if (use.kind !== 'register') return [];
  const folders = autoloadsOf(survey, [use], file);
  if (folders.length === 0)
    return pluginsOf(survey, use, file).flatMap((plugin) =>
      plugin === undefined ? [] : codeOf(survey, plugin.expression, plugin.file, false),
    );
  const isOpen = propertyOf(use.call.arguments[1], 'encapsulate')?.kind === ts.SyntaxKind.FalseKeyword;
  return folders
    .flatMap(({ dir }) => filesBelow(survey, dir))
    .flatMap((path) => defaultOf(survey, path, isOpen));
}

function codeOf(survey: Survey, expression: ts.Expression, file: RelPath, isOpen: boolean): readonly Code[] {
  const found = findPluginFunction(survey, expression, file);
  const level =
    found === undefined || !(found.shared || isOpen) ? undefined : levelOf(found.file, found.node, 0);
  return level === undefined ? [] : [level];
}

/** The plugin that an autoloaded file exports. */
function defaultOf(survey: Survey, path: RelPath, isOpen: boolean): readonly Code[] {
  const found = survey.names.exported(path, 'default');
  if (found === undefined) return [];
  if (ts.isExpression(found.node)) return codeOf(survey, found.node, found.file, isOpen);
  const level = isOpen ? levelOf(found.file, found.node, 0) : undefined;
  return level === undefined ? [] : [level];
}

function hooksBeside(survey: Survey, file: RelPath): readonly Code[] {
  const folder = dirnameRel(file);
  const beside = survey.files.filter((path) => dirnameRel(path) === folder && isAutohooks(path));
  return beside.flatMap((path) => defaultOf(survey, path, true));
}

/** The hooks that code adds to the instance of its names. */
export function hooksOf({ file, names, scope }: Code): readonly RootHook[] {
  const found: RootHook[] = [];
  walk(scope, (node) => {
    const isInner = node !== scope && ts.isFunctionLike(node);
    if (isInner && node.parameters.some(({ name }) => names.includes(name.getText()))) return false;
    if (!ts.isCallExpression(node) || memberOf(node.expression) !== 'addHook') return true;
    const [event, hook] = node.arguments;
    const isRoot = names.includes(receiverOf(node.expression)?.getText() ?? '');
    if (isRoot && hook !== undefined && events.test(stringOf(event) ?? ''))
      found.push({ call: node, file, hook });
    return true;
  });
  return found;
}

/** What the hooks of the application do to a route that is called without a token. */
export interface GuardsAhead {
  /** Hooks that refuse it, or may. */
  readonly closed: readonly (Place & { readonly decision: Exclude<Decision, 'passes'> })[];
  /** What gets the route past the others: `skipAuth: true`, as members of its `config`. */
  readonly optOut: readonly string[];
}

type Config = GuardedRequest['config'];

/** `autohooked`: the route's file, where it is in an autoloaded folder that has autohooks. */
export function findGuardsAhead(
  survey: Survey,
  route: Pick<GuardedRequest, 'method' | 'url'>,
  autohooked: RelPath | undefined,
): GuardsAhead {
  const decide = ({ file, hook }: RootHook, config: Config): ReturnType<typeof decideHook> =>
    decideHook(survey, hook, file, { ...route, config });
  const hooks = findRootHooks(survey, autohooked);
  let config: Config = {};
  for (const hook of hooks) {
    const { asked, decision } = decide(hook, config);
    if (decision === 'passes') continue;
    const ways = asked.flatMap((key) => [{ [key]: true }, { [key]: false }]);
    const way = ways.find((one) => decide(hook, { ...config, ...one }).decision === 'passes');
    config = { ...config, ...way };
  }
  return {
    closed: hooks.flatMap((hook) => {
      const { decision } = decide(hook, config);
      const { call, file } = hook;
      if (decision === 'passes') return [];
      return [{ path: file, line: lineOf(survey.tree(file), call.getStart()), decision }];
    }),
    optOut: Object.entries(config).map(([key, value]) => `${printKey(key)}: ${String(value)}`),
  };
}
