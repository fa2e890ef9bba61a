import type { Route } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { type Callee, findCallee } from '../../program/callees.ts';
import type { Survey } from '../../program/survey.ts';
import { routeMethods } from '../../syntax/calls.ts';
import { isFunctionNode, memberOf, unwrap } from '../../syntax/expressions.ts';
import { lineOf, ts, walk } from '../../syntax/tree.ts';

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
