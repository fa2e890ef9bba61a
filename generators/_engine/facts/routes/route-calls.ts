import type { Route } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { type Callee, findCallee } from '../../program/callees.ts';
import type { Survey } from '../../program/survey.ts';
import { routeMethods, type Use } from '../../syntax/calls.ts';
import { isFunctionNode, keyOf, memberOf, propertyOf, unwrap } from '../../syntax/expressions.ts';
import { lineOf, placeOf, ts, walk } from '../../syntax/tree.ts';

/** The routes of one call; what is not a literal is `*`: `app.get(path, …)` is `GET` `/prefix/*`. */
export function routesOf(survey: Survey, { call }: Use, file: RelPath, prefix: string): readonly Route[] {
  const [first] = call.arguments;
  const method = memberOf(call.expression) ?? '';
  const options = method === 'route' ? first : undefined;
  const url = options === undefined ? first : (propertyOf(options, 'url') ?? propertyOf(options, 'path'));
  const methods =
    options === undefined ? [method === 'all' ? '*' : method] : methodsOf(survey, options, file);
  const path = joinUrl(prefix, survey.names.textOf(url, file) ?? '*');
  const isPublic = isMarkedPublic(survey, options ?? call.arguments[1], file);
  const own = {
    url: path,
    ...placeOf(call, file),
    ...(isPublic && { public: 'its own options make it public' }),
  };
  return methods.map((one) => ({ method: one.toUpperCase(), ...own }));
}

/** A prefix and a URL as Fastify joins them; `/users` and `/` make `/users`. */
export function joinUrl(prefix: string, url: string): string {
  const parts = `${prefix}/${url}`.split('/').filter((part) => part !== '');
  return `/${parts.join('/')}`;
}

function methodsOf(survey: Survey, options: ts.Expression, file: RelPath): readonly string[] {
  const value = propertyOf(options, 'method');
  if (value === undefined) return ['*'];
  const bare = unwrap(value);
  const all = ts.isArrayLiteralExpression(bare) ? bare.elements : [bare];
  return all.map((one) => survey.names.textOf(one, file) ?? '*');
}

const opens = /^(skipAuth|skipAuthentication|noAuth|public|isPublic|anonymous|allowAnonymous)$/;
const guards = /^(auth|authenticate|authRequired|requireAuth|requiresAuth|protected)$/;

/**
 * Whether a route's options say that it asks for no token: `config: { skipAuth: true }`, `config: { auth: false }` and
 * the like, or `schema: { security: [] }`, by which OpenAPI says so.
 */
function isMarkedPublic(survey: Survey, options: ts.Expression | undefined, file: RelPath): boolean {
  const found = survey.names.objectOf(options, file);
  if (found === undefined) return false;
  const config = survey.names.objectOf(propertyOf(found.node, 'config'), found.file);
  const schema = survey.names.objectOf(propertyOf(found.node, 'schema'), found.file);
  const security = propertyOf(schema?.node, 'security');
  const isOpen =
    security !== undefined && ts.isArrayLiteralExpression(security) && security.elements.length === 0;
  return isOpen || (config?.node.properties.some(isMark) ?? false);
}

function isMark(member: ts.ObjectLiteralElementLike): boolean {
  if (!ts.isPropertyAssignment(member)) return false;
  const name = keyOf(member.name) ?? '';
  const { kind } = unwrap(member.initializer);
  return (
    (opens.test(name) && kind === ts.SyntaxKind.TrueKeyword) ||
    (guards.test(name) && kind === ts.SyntaxKind.FalseKeyword)
  );
}

/** What a request to a route may run, as far as the code says for certain. */
export interface RouteCode {
  /** Its handler and hooks, and what they call, nearest first. */
  readonly functions: readonly Callee[];
  /** Handlers and hooks that are made by a call: `passport.authenticate('github')`. */
  readonly made: readonly Readonly<{ node: ts.CallExpression; file: RelPath }>[];
}

const maxFunctions = 60;

/** Follows the handler and the hooks of a route into the functions and methods that they call. */
export function findRouteCode(survey: Survey, route: Route): RouteCode {
  const made: { node: ts.CallExpression; file: RelPath }[] = [];
  const functions: Callee[] = [];
  const add = (found: Callee | undefined): void => {
    const isNew = found !== undefined && !functions.some(({ node }) => node === found.node);
    if (isNew && functions.length < maxFunctions) functions.push(found);
  };
  for (const call of callsOf(survey, route)) {
    for (const expression of call.arguments) addOf(survey, expression, route.path, add, made);
  }
  // Grows while it is read: what is called by what is called.
  for (const { file, node } of functions) {
    walk(node, (at) => {
      if (ts.isCallExpression(at)) add(findCallee(survey, at.expression, file));
      return true;
    });
  }
  return { functions, made };
}

function callsOf(survey: Survey, { line, path }: Route): readonly ts.CallExpression[] {
  const calls: ts.CallExpression[] = [];
  const tree = survey.tree(path);
  walk(tree, (node) => {
    const isRoute = ts.isCallExpression(node) && routeMethods.has(memberOf(node.expression) ?? '');
    if (isRoute && lineOf(tree, node.getStart()) === line) calls.push(node);
    return true;
  });
  return calls;
}

/** A handler, a list of hooks, or options with some of them. */
function addOf(
  survey: Survey,
  expression: ts.Expression,
  file: RelPath,
  add: (found: Callee | undefined) => void,
  made: { node: ts.CallExpression; file: RelPath }[],
  depth = 0,
): void {
  if (depth > 3) return;
  const bare = unwrap(expression);
  const found = survey.names.value(bare, file) ?? { file, node: bare };
  if (ts.isArrayLiteralExpression(found.node)) {
    for (const one of found.node.elements) addOf(survey, one, found.file, add, made, depth + 1);
  } else if (ts.isObjectLiteralExpression(found.node)) {
    for (const one of found.node.properties) {
      if (isFunctionNode(one)) add({ file: found.file, node: one });
      else if (ts.isPropertyAssignment(one)) addOf(survey, one.initializer, found.file, add, made, depth + 1);
      else if (ts.isShorthandPropertyAssignment(one))
        addOf(survey, one.name, found.file, add, made, depth + 1);
    }
  } else {
    add(findCallee(survey, bare, file));
    if (ts.isCallExpression(bare)) made.push({ node: bare, file });
  }
}
