import type { Route, RoutePlugin } from '../../model/app-facts.ts';
import { dirnameRel, type RelPath } from '../../model/paths.ts';
import type { Service } from '../../model/service.ts';
import { findNode, ts, walk } from '../../syntax/tree.ts';
import { callsIn } from '../../syntax/calls.ts';
import { isMiddleware, middlewareMembers } from '../app/declared-members.ts';
import { isAutohooks } from '../routes/autoload.ts';
import { isFunctionNode, memberOf, propertyOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { findPluginFunction, parameterName } from '../../program/plugin-functions.ts';
import { opens } from '../routes/public-routes.ts';
import { hookCalls } from './root-guard.ts';
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
    const verdicts = all.map((hooks) => anyOf(hooks.map(({ verdict }) => verdict)));
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
  for (const file of survey.filesMatching(/\.register\(/)) {
    for (const call of callsIn(survey.tree(file), 'register')) {
      const [plugin, options] = call.arguments;
      const list = propertyOf(options, 'publicRoutes');
      const found =
        list === undefined || plugin === undefined ? undefined : findPluginFunction(survey, plugin, file);
      const isOurs = found?.shared === true && isMiddleware(survey, found.file);
      if (isOurs && !isConditional(call)) add(plugin?.getText() ?? '', list);
    }
  }
  for (const file of survey.filesMatching(/authServiceClient/)) {
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

/** The hooks that this code adds to the instance; in a branch they are there or not. */
function hooksIn(survey: Survey, scope: ts.Node, instance: string, file: RelPath): readonly Hook[] {
  const calls = hookCalls({ node: scope, instances: [instance] });
  // Another instance of that name may have some of them.
  const isSure = new Set(calls.map((call) => findDeclaration(call, instance))).size <= 1;
  return calls.flatMap((call): readonly Hook[] => {
    const [, hook] = call.arguments;
    if (hook === undefined) return [];
    const verdict = judgeHook(survey, hook, file);
    const isKnown = verdict !== 'guards' || (isSure && !isConditional(call));
    return [{ name: nameOf(hook), verdict: isKnown ? verdict : 'unknown' }];
  });
}

function isConditional(node: ts.Node): boolean {
  const owner = ts.findAncestor(node, (at) => ts.isFunctionLike(at) || isBranch(at));
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

/** What a hook does: it verifies and refuses, it does not, or nobody can tell without running it. */
type Verdict = 'guards' | 'unknown' | 'passes';

const verifies = /^(jwtVerify|\w*[vV]erify(Token|Jwt|Session|Request)?)$/;
const maxDepth = 3;

/** Reads what runs: the function behind a hook, never its name. */
function judgeHook(survey: Survey, hook: ts.Expression, file: RelPath, depth = 0): Verdict {
  const bare = unwrap(hook);
  if (depth > maxDepth) return 'unknown';
  if (ts.isArrayLiteralExpression(bare))
    return anyOf(bare.elements.map((one) => judgeHook(survey, one, file, depth + 1)));
  if (ts.isCallExpression(bare)) return judgeAuth(survey, bare, file, depth);
  const found = ts.isPropertyAccessExpression(bare)
    ? decoratedAs(survey, bare.name.text)
    : survey.names.value(bare, file);
  if (found === undefined) return 'unknown';
  if (isFunctionNode(found.node)) return judgeFunction(survey, found.node, found.file, depth);
  return ts.isPropertyAccessExpression(bare) && isMiddleware(survey, found.file) ? 'guards' : 'unknown';
}

/** One that guards is enough: all of them run. */
function anyOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('guards')) return 'guards';
  return verdicts.includes('unknown') ? 'unknown' : 'passes';
}

/** `app.auth([a, b])` of @fastify/auth lets in whom one of them lets in. */
function judgeAuth(survey: Survey, call: ts.CallExpression, file: RelPath, depth: number): Verdict {
  const [list] = call.arguments;
  if (memberOf(call.expression) !== 'auth' || list === undefined || !ts.isArrayLiteralExpression(list))
    return 'unknown';
  const verdicts = list.elements.map((one) => judgeHook(survey, one, file, depth + 1));
  return verdicts.length > 0 && verdicts.every((one) => one === 'guards') ? 'guards' : 'unknown';
}

/** The function that `decorate(name, …)` gives to instances, or our middleware; undefined for none, and for several. */
export function decoratedAs(survey: Survey, name: string): { file: RelPath; node: ts.Node } | undefined {
  const found = survey
    .filesMatching(/\.decorate\(/)
    .flatMap((file) =>
      callsIn(survey.tree(file), 'decorate').flatMap(({ arguments: [key, value] }) =>
        stringOf(key) === name && value !== undefined
          ? [survey.names.value(value, file) ?? { file, node: unwrap(value) }]
          : [],
      ),
    );
  const own = middlewareMembers(survey).filter((member) => member.name === name);
  const all = found.length > 0 ? found : own.map(({ at }) => ({ file: at.path, node: survey.tree(at.path) }));
  return all.length === 1 ? all[0] : undefined;
}

/** It has to call what verifies, and to refuse where that fails. */
function judgeFunction(survey: Survey, node: ts.Node, file: RelPath, depth: number): Verdict {
  let verdict = 'passes' as Verdict;
  walk(node, (at) => {
    if (ts.isCallExpression(at)) verdict = anyOf([verdict, judgeCall(survey, at, node, file, depth)]);
    return verdict !== 'guards';
  });
  return verdict === 'passes' && refuses(node) ? 'unknown' : verdict;
}

function judgeCall(
  survey: Survey,
  call: ts.CallExpression,
  owner: ts.Node,
  file: RelPath,
  depth: number,
): Verdict {
  const name = memberOf(call.expression) ?? call.expression.getText();
  const isConditional = ts.findAncestor(call.parent, (one) => one === owner || isBranch(one)) !== owner;
  if (verifies.test(name)) {
    const around = ts.findAncestor(call, ts.isTryStatement);
    const isCaught = around?.catchClause !== undefined && !refuses(around.catchClause);
    const isSure = name === 'jwtVerify' || refuses(owner);
    if (isCaught || !isSure) return 'passes';
    return isConditional ? 'unknown' : 'guards';
  }
  if (!ts.isIdentifier(call.expression) || depth >= maxDepth) return 'passes';
  const found = survey.names.value(call.expression, file);
  if (found === undefined || found.node === owner || !isFunctionNode(found.node)) return 'passes';
  const inner = judgeFunction(survey, found.node, found.file, depth + 1);
  return inner === 'guards' && isConditional ? 'unknown' : inner;
}

function isBranch(node: ts.Node): boolean {
  return (
    ts.isIfStatement(node) ||
    ts.isConditionalExpression(node) ||
    ts.isSwitchStatement(node) ||
    ts.isIterationStatement(node, false)
  );
}

/** Somewhere in it is a 401, a 403, or a throw. */
function refuses(node: ts.Node): boolean {
  const found = findNode(
    node,
    (at) =>
      ts.isThrowStatement(at) ||
      (ts.isNumericLiteral(at) && /^40[13]$/.test(at.text)) ||
      memberOf(at as ts.Expression) === 'unauthorized',
  );
  return found !== undefined;
}
