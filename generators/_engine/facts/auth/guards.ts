import type { Route, RoutePlugin } from '../../model/app-facts.ts';
import { dirnameRel, type RelPath } from '../../model/paths.ts';
import type { Service } from '../../model/service.ts';
import { ts, walk } from '../../syntax/tree.ts';
import { isAutohooks } from '../routes/autoload-routes.ts';
import { isFunctionNode, memberOf, propertyOf, receiverOf, stringOf } from '../../syntax/expressions.ts';
import { isMiddleware, judgeHook, type Verdict } from './hook-verdict.ts';
import { findPluginFunction, parameterName } from '../../program/plugin-functions.ts';
import { opens } from '../routes/public-routes.ts';
import type { Survey } from '../../program/survey.ts';
import { findDeclaration } from '../../syntax/symbols.ts';

/** Whether the routes of a plugin ask for a token; `guard` is the hook where all of them do. */
export interface GuardedRoutes {
  readonly plugin: RoutePlugin;
  readonly access: 'guarded' | 'open' | 'partly' | 'unknown';
  readonly guard?: string;
}

/** Which route plugins of a service ask for a token, by what their hooks and those around them do. */
export function surveyGuards(survey: Survey, service: Service): readonly GuardedRoutes[] {
  const tree = survey.tree(service.app.file);
  const root = [
    ...hooksIn(survey, tree, service.app.binding, service.app.file),
    ...middlewareOf(survey, service),
  ];
  return service.routes.map((plugin) => {
    const around = [...root, ...hooksOfPlugin(survey, plugin), ...hooksOfFolder(survey, service, plugin)];
    const all = plugin.routes.map((route) =>
      [...around, ...hooksOfRoute(survey, route)].filter((hook) => hook.opens?.(route) !== true),
    );
    const verdicts = all.map((hooks) =>
      hooks.some(isGuard)
        ? 'guards'
        : hooks.some(({ verdict }) => verdict === 'unknown')
          ? 'unknown'
          : 'passes',
    );
    const access = accessOf(verdicts);
    const guard = access === 'guarded' ? all[0]?.find(isGuard)?.name : undefined;
    return { plugin, access, ...(guard !== undefined && { guard }) };
  });
}

function isGuard({ verdict }: Hook): boolean {
  return verdict === 'guards';
}

function accessOf(verdicts: readonly Verdict[]): GuardedRoutes['access'] {
  if (verdicts.length > 0 && verdicts.every((one) => one === 'guards')) return 'guarded';
  if (verdicts.every((one) => one === 'passes')) return 'open';
  return verdicts.includes('unknown') ? 'unknown' : 'partly';
}

/** Our middleware where it guards all routes: known by what its file decorates, not by its name. */
function middlewareOf(survey: Survey, { app }: Service): readonly Hook[] {
  const hooks: Hook[] = [];
  const add = (name: string, list: ts.Expression | undefined): void => {
    if (list !== undefined) hooks.push({ name, verdict: 'guards', opens: openedBy(list) });
  };
  for (const file of survey.mentioning(/\.register\(/)) {
    walk(survey.tree(file), (node) => {
      const [plugin, options] =
        ts.isCallExpression(node) && memberOf(node.expression) === 'register' ? node.arguments : [];
      if (plugin === undefined || propertyOf(options, 'publicRoutes') === undefined) return true;
      const found = findPluginFunction(survey, plugin, file);
      const isOurs = found?.shared === true && isMiddleware(survey, found.file);
      if (isOurs && !isConditional(node)) add(plugin.getText(), propertyOf(options, 'publicRoutes'));
      return true;
    });
  }
  for (const file of survey.mentioning(/authServiceClient/)) {
    if (!app.autoload.some(({ dir }) => file.startsWith(`${dir}/`))) continue;
    const config = survey.names.exported(file, 'autoConfig');
    if (config !== undefined && ts.isExpression(config.node))
      add('authMiddleware', propertyOf(config.node, 'publicRoutes'));
  }
  return hooks;
}

/** By the rule of the middleware itself; a list that is not written out may open anything. */
function openedBy(list: ts.Expression): (route: Route) => boolean {
  if (!ts.isArrayLiteralExpression(list)) return () => true;
  const entries = list.elements.map((one) => stringOf(one));
  return ({ method, url }) =>
    entries.some((entry) => {
      if (entry === undefined) return true;
      // A route of all methods is open by one of them.
      const asked = method === '*' ? (entry.split(' ')[0] ?? '') : method;
      return opens(entry, { method: asked, url });
    });
}

function hooksOfPlugin(survey: Survey, { exportedAs, file, kind }: RoutePlugin): readonly Hook[] {
  return file === undefined || exportedAs === undefined || kind === 'inline'
    ? []
    : hooksOfFunction(survey, file, exportedAs);
}

/** Hooks in the autohooks file beside an autoloaded plugin. */
function hooksOfFolder(survey: Survey, { app }: Service, { file }: RoutePlugin): readonly Hook[] {
  if (
    file === undefined ||
    !app.autoload.some(({ autoHooks, dir }) => autoHooks && file.startsWith(`${dir}/`))
  )
    return [];
  const folder = dirnameRel(file);
  const hooks = survey.files.find((path) => dirnameRel(path) === folder && isAutohooks(path));
  return hooks === undefined ? [] : hooksOfFunction(survey, hooks, 'default');
}

function hooksOfFunction(survey: Survey, file: RelPath, exportedAs: string): readonly Hook[] {
  const found = survey.names.exported(file, exportedAs);
  if (found === undefined || !isFunctionNode(found.node)) return [];
  const instance = parameterName(found.node);
  return instance === undefined ? [] : hooksIn(survey, found.node, instance, found.file);
}

/** A hook by its text, and what it does; `opens` says which routes it lets pass. */
interface Hook {
  readonly name: string;
  readonly verdict: Verdict;
  readonly opens?: (route: Route) => boolean;
}

const hookNames = /^(onRequest|preValidation|preParsing|preHandler)$/;

/** The hooks that this code adds to the instance; in a branch they are there or not. */
function hooksIn(survey: Survey, scope: ts.Node, instance: string, file: RelPath): readonly Hook[] {
  const hooks: Hook[] = [];
  const receivers = new Set<ts.Node | undefined>();
  walk(scope, (node) => {
    if (
      node !== scope &&
      ts.isFunctionLike(node) &&
      node.parameters.some(({ name }) => name.getText() === instance)
    )
      return false;
    const receiver =
      ts.isCallExpression(node) && memberOf(node.expression) === 'addHook'
        ? receiverOf(node.expression)
        : undefined;
    if (!ts.isCallExpression(node) || receiver?.getText() !== instance) return true;
    receivers.add(findDeclaration(receiver, instance));
    const [event, hook] = node.arguments;
    if (hook === undefined || !hookNames.test(stringOf(event) ?? '')) return true;
    const verdict = judgeHook(survey, hook, file);
    hooks.push({
      name: nameOf(hook),
      verdict: isConditional(node) && verdict === 'guards' ? 'unknown' : verdict,
    });
    return true;
  });
  // Another instance of that name may have some of them.
  return receivers.size > 1
    ? hooks.map((hook) => ({ ...hook, verdict: hook.verdict === 'guards' ? 'unknown' : hook.verdict }))
    : hooks;
}

function isConditional(node: ts.Node): boolean {
  const owner = ts.findAncestor(
    node,
    (at) =>
      ts.isFunctionLike(at) ||
      ts.isIfStatement(at) ||
      ts.isConditionalExpression(at) ||
      ts.isIterationStatement(at, false) ||
      ts.isSwitchStatement(at),
  );
  return owner !== undefined && !ts.isFunctionLike(owner);
}

/** The hooks among a route's own options. */
function hooksOfRoute(survey: Survey, { line, path }: Route): readonly Hook[] {
  const hooks: Hook[] = [];
  const tree = survey.tree(path);
  walk(tree, (node) => {
    const isIt =
      ts.isCallExpression(node) && tree.getLineAndCharacterOfPosition(node.getStart()).line + 1 === line;
    if (!isIt) return true;
    for (const options of node.arguments) {
      for (const event of ['onRequest', 'preValidation', 'preHandler']) {
        const hook = propertyOf(options, event);
        if (hook !== undefined) hooks.push({ name: nameOf(hook), verdict: judgeHook(survey, hook, path) });
      }
    }
    return false;
  });
  return hooks;
}

/** Short enough for a label: `[app.authenticate, app.isAdmin]` is said by its first. */
function nameOf(hook: ts.Expression): string {
  return /[\w$.]+/.exec(hook.getText())?.[0] ?? hook.getText();
}
