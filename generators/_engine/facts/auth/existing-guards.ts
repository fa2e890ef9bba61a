import type { Route, RoutePlugin } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { findCallee } from '../../program/callees.ts';
import type { Survey } from '../../program/survey.ts';
import { propertyOf, unwrap } from '../../syntax/expressions.ts';
import { lineOf, ts, walk } from '../../syntax/tree.ts';
import { levelOf } from '../routes/guard-order.ts';
import { decideHook } from './guard-decision.ts';
import { findRootHooks, hooksOf, type RootHook } from './root-hooks.ts';

/** A hook of the service's own that refuses requests without a token, or may. */
export interface ExistingGuard {
  readonly plugin: string;
  /** The hook as the code names it. */
  readonly name: string;
  readonly path: RelPath;
  readonly line: number;
  /** It takes another credential than a Bearer token from the Authorization header. */
  readonly readsKey: boolean;
}

/** The guards that routes of these plugins have already; each is listed once. `decorator` is the name of our own hook. */
export function findExistingGuards(
  survey: Survey,
  plugins: readonly RoutePlugin[],
  decorator: string,
): readonly ExistingGuard[] {
  const root = findRootHooks(survey, undefined);
  const found = new Map<ts.Node, ExistingGuard>();
  for (const plugin of plugins) {
    const inner = pluginHooks(survey, plugin);
    for (const route of plugin.routes) {
      for (const one of [...root, ...inner, ...routeHooks(survey, route)]) {
        if (found.has(one.hook) || isOurs(one, decorator) || isCsrf(survey, one)) continue;
        const request = { method: route.method, url: route.url, config: {} };
        if (decideHook(survey, one.hook, one.file, request).decision === 'passes') continue;
        found.set(one.hook, guardOf(survey, one, plugin.name));
      }
    }
  }
  return [...found.values()];
}

/** A route that guards of the whole application let pass, and where they do so. */
export interface SparedRoute {
  readonly route: Route;
  readonly evidence: string;
}

/** Routes that every guard of the whole application lets pass by their URL, though it stops others. */
export function findSparedRoutes(survey: Survey, routes: readonly Route[]): readonly SparedRoute[] {
  const passes = ({ file, hook }: RootHook, method: string, url: string): boolean =>
    decideHook(survey, hook, file, { method, url, config: {} }).decision === 'passes';
  const guards = findRootHooks(survey, undefined).filter(
    (one) => !isCsrf(survey, one) && !passes(one, 'GET', '/a-route-that-nobody-has'),
  );
  const [first] = guards;
  if (first === undefined) return [];
  const at = `${first.file}:${String(lineOf(survey.tree(first.file), first.hook.getStart()))}`;
  return routes
    .filter(({ method, url }) => method !== '*' && !url.includes('*'))
    .filter(({ method, url }) => guards.every((one) => passes(one, method, url)))
    .map((route) => ({ route, evidence: `the guard at ${at} lets it pass` }));
}

function isOurs({ hook }: Pick<RootHook, 'hook'>, decorator: string): boolean {
  return hook.getText().endsWith(`.${decorator}`);
}

/** @fastify/csrf-protection proves where a form comes from, not who sends it. */
function isCsrf(survey: Survey, { file, hook }: Pick<RootHook, 'file' | 'hook'>): boolean {
  const text = codeOf(survey, hook, file);
  return /\bcsrfProtection\b/.test(text) && !/authorization|jwtVerify|bearer/i.test(text);
}

function pluginHooks(survey: Survey, { exportedAs, file, kind }: RoutePlugin): readonly RootHook[] {
  if (file === undefined || exportedAs === undefined || kind === 'inline') return [];
  const found = survey.names.exported(file, exportedAs);
  const level = found && levelOf(found.file, found.node, 0);
  return level === undefined ? [] : hooksOf(level);
}

/** `{ preHandler: [app.authenticate] }` of one route. */
function routeHooks(survey: Survey, { line, path }: Route): readonly RootHook[] {
  const tree = survey.tree(path);
  const found: RootHook[] = [];
  walk(tree, (node) => {
    if (!ts.isCallExpression(node) || lineOf(tree, node.getStart()) !== line) return true;
    for (const options of node.arguments) {
      for (const event of ['onRequest', 'preValidation', 'preHandler']) {
        const given = propertyOf(options, event);
        const bare = given && unwrap(given);
        const hooks = bare === undefined ? [] : ts.isArrayLiteralExpression(bare) ? bare.elements : [bare];
        found.push(...hooks.map((hook) => ({ call: node, file: path, hook })));
      }
    }
    return false;
  });
  return found;
}

function guardOf(survey: Survey, { file, hook }: RootHook, plugin: string): ExistingGuard {
  const text = codeOf(survey, hook, file);
  return {
    plugin,
    name: nameOf(hook) ?? 'a hook',
    path: file,
    line: lineOf(survey.tree(file), hook.getStart()),
    readsKey: /\bauthorization\b/i.test(text) && !/bearer|jwt|verifyToken/i.test(text),
  };
}

/** `(app as Guarded).authenticate` is `app.authenticate`; undefined for a function. */
function nameOf(hook: ts.Expression): string | undefined {
  const bare = unwrap(hook);
  if (ts.isCallExpression(bare)) return nameOf(bare.expression);
  if (!ts.isPropertyAccessExpression(bare)) return ts.isIdentifier(bare) ? bare.text : undefined;
  const owner = bare.expression.kind === ts.SyntaxKind.ThisKeyword ? 'this' : nameOf(bare.expression);
  return owner === undefined ? bare.name.text : `${owner}.${bare.name.text}`;
}

/** A hook's text, with that of the functions that it calls: one of them may take the scheme off, or verify the token. */
function codeOf(survey: Survey, hook: ts.Expression, file: RelPath): string {
  const own = survey.names.value(hook, file) ?? { file, node: hook };
  const texts = [own.node.getText()];
  walk(own.node, (node) => {
    const called = ts.isCallExpression(node) ? findCallee(survey, node.expression, own.file) : undefined;
    if (called !== undefined) texts.push(called.node.getText());
    return true;
  });
  return texts.join('\n');
}
