import type { RelPath, RoutePlugin, Service } from '../contract.ts';
import { dirnameRel } from '../paths.ts';
import { ts, walk } from '../syntax.ts';
import { isAutohooks } from './autoload-routes.ts';
import { isFunctionNode, memberOf, propertyOf, receiverOf } from './expressions.ts';
import { parameterName } from './plugin-functions.ts';
import { opens } from './public-routes.ts';
import type { Survey } from './survey.ts';

/** How the routes of a plugin are guarded: by the name of the hook; undefined when they ask nobody. */
export interface GuardedRoutes {
  readonly plugin: RoutePlugin;
  readonly guard?: string;
}

const hookNames = /^(onRequest|preValidation|preParsing|preHandler)$/;
const asksForToken = /auth|jwt|token|session|guard|protect|permission|verifyUser/i;

/** Which route plugins of a service ask for a token: by a hook of their own, on each route, or on the whole instance. */
export function surveyGuards(survey: Survey, service: Service): readonly GuardedRoutes[] {
  const all = guardOfInstance(survey, service);
  const open: readonly string[] = [];
  return service.routes.map((plugin) => {
    const isOpen = plugin.routes.length > 0 && plugin.routes.every((route) => open.some((entry) => opens(entry, route)));
    const guard =
      guardOfPlugin(survey, plugin) ??
      guardOfFolder(survey, service, plugin) ??
      guardOfRoutes(survey, plugin) ??
      (isOpen ? undefined : all);
    return { plugin, ...(guard !== undefined && { guard }) };
  });
}

/** A hook on the root, or our middleware with a list of public routes. */
function guardOfInstance(survey: Survey, { app }: Service): string | undefined {
  const tree = survey.tree(app.file);
  let guard: string | undefined;
  walk(tree, (node) => {
    if (guard !== undefined) return false;
    if (!ts.isCallExpression(node)) return true;
    guard = hookOf(node, app.binding);
    const [plugin, options] = node.arguments;
    const isMiddleware =
      memberOf(node.expression) === 'register' && asksForToken.test(plugin?.getText() ?? '');
    if (isMiddleware && propertyOf(options, 'publicRoutes') !== undefined) guard = plugin?.getText();
    return true;
  });
  return guard;
}

function guardOfPlugin(survey: Survey, { exportedAs, file, kind }: RoutePlugin): string | undefined {
  if (file === undefined || exportedAs === undefined || kind === 'inline') return undefined;
  return guardOfFunction(survey, file, exportedAs);
}

/** A hook in the autohooks file beside an autoloaded plugin. */
function guardOfFolder(survey: Survey, { app }: Service, { file }: RoutePlugin): string | undefined {
  if (
    file === undefined ||
    !app.autoload.some(({ autoHooks, dir }) => autoHooks && file.startsWith(`${dir}/`))
  )
    return undefined;
  const folder = dirnameRel(file);
  const hooks = survey.files.find((path) => dirnameRel(path) === folder && isAutohooks(path));
  return hooks === undefined ? undefined : guardOfFunction(survey, hooks, 'default');
}

function guardOfFunction(survey: Survey, file: RelPath, exportedAs: string): string | undefined {
  const found = survey.names.exported(file, exportedAs);
  if (found === undefined || !isFunctionNode(found.node)) return undefined;
  const instance = parameterName(found.node);
  let guard: string | undefined;
  walk(found.node, (node) => {
    if (guard === undefined && ts.isCallExpression(node)) guard = hookOf(node, instance);
    return guard === undefined;
  });
  return guard;
}

/** `app.addHook('onRequest', app.authenticate)` → `app.authenticate` */
function hookOf(call: ts.CallExpression, instance: string | undefined): string | undefined {
  const [event, hook] = call.arguments;
  const isHook =
    memberOf(call.expression) === 'addHook' && receiverOf(call.expression)?.getText() === instance;
  if (!isHook || event === undefined || hook === undefined || !ts.isStringLiteralLike(event))
    return undefined;
  return hookNames.test(event.text) && asksForToken.test(hook.getText()) ? nameOf(hook) : undefined;
}

/** Every route of the plugin has the hook among its own options. */
function guardOfRoutes(survey: Survey, { routes }: RoutePlugin): string | undefined {
  const guards = routes.map(({ line, path }) => {
    let guard: string | undefined;
    const tree = survey.tree(path);
    walk(tree, (node) => {
      const isIt =
        ts.isCallExpression(node) && tree.getLineAndCharacterOfPosition(node.getStart()).line + 1 === line;
      if (isIt && guard === undefined) guard = guardIn(node.arguments);
      return guard === undefined;
    });
    return guard;
  });
  const [first] = guards;
  return guards.every((guard) => guard !== undefined) ? first : undefined;
}

function guardIn(given: readonly ts.Expression[]): string | undefined {
  for (const options of given) {
    for (const event of ['onRequest', 'preValidation', 'preHandler']) {
      const hook = propertyOf(options, event);
      if (hook !== undefined && asksForToken.test(hook.getText())) return nameOf(hook);
    }
  }
  return undefined;
}

/** Short enough for a label: `[app.authenticate, app.isAdmin]` is said by its first. */
function nameOf(hook: ts.Expression): string {
  return /[\w$.]+/.exec(hook.getText())?.[0] ?? hook.getText();
}
