import type { Route, RoutePlugin } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import {
  type Argument,
  argumentsOf,
  classCalls,
  findHelper,
  findPluginFunction,
  inContainer,
  isFastifyPlugin,
  parameterName,
  type PluginFunction,
  resolverOf,
} from '../../program/plugin-functions.ts';
import { isFunctionNode, stringOf, unwrap } from '../../syntax/expressions.ts';
import { type Given, nothingGiven, optionsGiven, prefixGiven } from './given-options.ts';
import { packageRoutes } from './package-routes.ts';
import { joinUrl, routesOf } from './route-calls.ts';
import type { Survey } from '../../program/survey.ts';
import { importedBy } from '../../syntax/symbols.ts';
import { findCalls, findMemberCalls, type Use } from '../../syntax/calls.ts';

/** One plugin that is registered; `expression` stands in `file`. */
interface Registration extends Argument {
  readonly plugin: string;
  /** Its literal `prefix`; '' when there is none, `*` when it is none that can be read. */
  readonly prefix: string;
  readonly options: Argument | undefined;
}

/** What a function adds to the instance that it is given. */
interface Contents {
  readonly routes: readonly Route[];
  readonly nested: readonly RoutePlugin[];
}

const maxDepth = 4;

/** The registrations behind a `register` use: one, in a loop one for each element, each of those that are chosen from. */
function registrationsOf(
  survey: Survey,
  { call }: Use,
  file: RelPath,
  given: Given,
): readonly Registration[] {
  return argumentsOf(survey, call, file).flatMap(([plugin, options]) => {
    if (plugin === undefined) return [];
    const prefix = prefixGiven(survey, options, (used) => options?.part?.(used) ?? given(used));
    return alternativesOf(plugin.expression).map((expression) => {
      const name = pluginName(expression, prefix);
      const at = inContainer(survey, expression, plugin.file) ?? { expression, file: plugin.file };
      return { ...at, plugin: name, prefix, options };
    });
  });
}

/** Both plugins of `register(closed ? a : b)`. */
function alternativesOf(expression: ts.Expression): readonly ts.Expression[] {
  const bare = unwrap(expression);
  if (!ts.isConditionalExpression(bare)) return [expression];
  return [bare.whenTrue, bare.whenFalse].flatMap(alternativesOf);
}

/** The route plugins that uses of one instance amount to, in order; those registered inside of one follow it. */
export function routePluginsOf(
  survey: Survey,
  uses: readonly Use[],
  file: RelPath,
  prefix = '',
  depth = 0,
  given = nothingGiven,
): readonly RoutePlugin[] {
  if (depth > maxDepth) return [];
  return uses.flatMap((use) => {
    if (use.kind === 'register')
      return registrationsOf(survey, use, file, given).flatMap((one) =>
        registered(survey, one, prefix, depth),
      );
    return helped(survey, use, file, prefix, depth);
  });
}

/** Whether a function puts routes on its instance, by itself or through what it registers. */
export function contentsOf(
  survey: Survey,
  { file, node }: PluginFunction,
  index: number,
  prefix: string,
  depth: number,
  given = nothingGiven,
): Contents {
  const instance = parameterName(node, index);
  if (instance === undefined || node.body === undefined) return { routes: [], nested: [] };
  const all = [
    { uses: [...findCalls(node.body, [instance]), ...findMemberCalls(node.body, [instance])], file },
    ...classCalls(survey, node.body, instance, file),
  ];
  const own = all.flatMap((one) =>
    one.uses.filter(({ kind }) => kind === 'route').flatMap((use) => routesOf(survey, use, one.file, prefix)),
  );
  const nested = all.flatMap((one) => routePluginsOf(survey, one.uses, one.file, prefix, depth + 1, given));
  const below = nested.flatMap(({ routes }) => routes).filter((route, at, all) => all.indexOf(route) === at);
  return { routes: [...own, ...below], nested };
}

function registered(
  survey: Survey,
  registration: Registration,
  prefix: string,
  depth: number,
): readonly RoutePlugin[] {
  const { expression, file } = registration;
  const found = findPluginFunction(survey, expression, file);
  if (found === undefined) return fromPackage(survey, registration, prefix);
  // fastify-plugin breaks encapsulation, and with it the prefix.
  const inner = found.shared || registration.prefix === '' ? prefix : joinUrl(prefix, registration.prefix);
  const given = optionsGiven(survey, found.node, found.file, registration.options);
  const { nested, routes } = contentsOf(survey, found, 0, inner, depth, given);
  if (routes.length === 0) return nested;
  const exportedAs = exportedName(expression);
  const kind = found.shared ? ('shared' as const) : ('plugin' as const);
  const own = { name: registration.plugin, file: found.file, kind, autoloaded: false, prefix: inner, routes };
  return [exportedAs === undefined ? own : { ...own, exportedAs }, ...nested];
}

function fromPackage(
  survey: Survey,
  { expression, file, options, plugin: name, prefix: ownPrefix }: Registration,
  prefix: string,
): readonly RoutePlugin[] {
  const routes = packageRoutes(
    survey,
    { plugin: expression, options: options?.expression, file },
    prefix,
    ownPrefix,
  );
  return routes.length === 0 ? [] : [{ name, kind: 'plugin', autoloaded: false, prefix, routes }];
}

/** What classes and members of objects do to an instance that they are given: `new Users(app)`, `users.register(app)`. */
export function handedPlugins(
  survey: Survey,
  scope: ts.Node,
  names: readonly string[],
  file: RelPath,
): readonly RoutePlugin[] {
  const made = names.flatMap((name) => classCalls(survey, scope, name, file));
  const byClasses = made.flatMap(({ file: at, uses }): readonly RoutePlugin[] => {
    const own = uses.filter(({ kind }) => kind === 'route');
    const routes = own.flatMap((use) => routesOf(survey, use, at, ''));
    const nested = routePluginsOf(survey, uses, at);
    if (routes.length === 0) return nested;
    const kind = 'shared' as const;
    return [{ name: moduleName(at), file: at, kind, autoloaded: false, prefix: '', routes }, ...nested];
  });
  return [...byClasses, ...routePluginsOf(survey, findMemberCalls(scope, names), file)];
}

/** `registerUserRoutes(app, deps)`, `users.register(app)` */
function helped(
  survey: Survey,
  use: Use,
  file: RelPath,
  prefix: string,
  depth: number,
): readonly RoutePlugin[] {
  const helper = findHelper(survey, use, file);
  if (helper === undefined) return [];
  const { nested, routes } = contentsOf(survey, helper, helper.index, prefix, depth);
  if (routes.length === 0) return nested;
  const { expression } = use.call;
  const exportedAs = exportedName(expression);
  const own = {
    name: expression.getText(),
    file: helper.file,
    kind: 'shared' as const,
    autoloaded: false,
    prefix,
    routes,
  };
  return [exportedAs === undefined ? own : { ...own, exportedAs }, ...nested];
}

/** What a registered expression is called in the code: its identifier, else what its module or prefix suggests. */
function pluginName(expression: ts.Expression, prefix: string): string {
  const bare = unwrap(expression);
  if (ts.isIdentifier(bare) || ts.isPropertyAccessExpression(bare)) return bare.getText();
  if (ts.isCallExpression(bare)) {
    const [first] = bare.arguments;
    if (bare.expression.kind === ts.SyntaxKind.ImportKeyword) return moduleName(stringOf(first) ?? '');
    const isWrapped = first !== undefined && isFastifyPlugin(bare.expression);
    return isWrapped ? pluginName(first, prefix) : bare.expression.getText();
  }
  const ownName = isFunctionNode(bare) ? bare.name?.getText() : undefined;
  return ownName ?? (prefix.replace(/^\/+/, '').replaceAll('/', '-') || 'inline');
}

const maxNameChars = 300;

/** `./routes/user-orders.js` → `userOrders` */
function moduleName(specifier: string): string {
  const parts = specifier
    .slice(-maxNameChars)
    .replace(/\.[cm]?[jt]s$/, '')
    .replace(/\/index$/, '')
    .split('/');
  return (parts.at(-1) ?? specifier).replace(/[-._]+(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** What the plugin's own file calls it: an exported name, or `default`. */
function exportedName(expression: ts.Expression): string | undefined {
  const bare = unwrap(expression);
  if (ts.isIdentifier(bare)) return importedBy(bare)?.name ?? bare.text;
  if (!ts.isCallExpression(bare)) return undefined;
  if (bare.expression.kind === ts.SyntaxKind.ImportKeyword) return 'default';
  const [first] = bare.arguments;
  const isWrapper = isFastifyPlugin(bare.expression) || resolverOf(bare.expression) !== undefined;
  return exportedName(first !== undefined && isWrapper ? first : bare.expression);
}
