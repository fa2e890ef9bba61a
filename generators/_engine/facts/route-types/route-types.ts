import type { Route } from '../../model/app-facts.ts';
import type { Survey } from '../../program/survey.ts';
import { openChecked } from '../../program/checked-program.ts';
import { callsIn, routeMethods } from '../../syntax/calls.ts';
import { memberOf } from '../../syntax/expressions.ts';
import { lineOf, ts } from '../../syntax/tree.ts';
import { RouteReader } from './route-reader.ts';
import { type NamedShapes, unknownShape } from './shape.ts';
import { takesBody, type TypedRoute } from './typed-route.ts';

export interface RouteTypes {
  readonly routes: readonly TypedRoute[];
  readonly types: NamedShapes;
  /** Packages whose types were not there to be read. */
  readonly missing: readonly string[];
}

/** Reads the types of routes from the source of their service, by TypeScript's checker. Runs none of its code. */
export function readRouteTypes(survey: Survey, routes: readonly Route[]): RouteTypes {
  const program = openChecked(survey);
  const reader = new RouteReader(program);
  const typed = routes.map((route): TypedRoute => {
    const tree = program.file(route.path);
    const call = tree && findCall(tree, route);
    return call === undefined ? untyped(route) : reader.read(route, call);
  });
  return { routes: typed, types: reader.types, missing: program.missing };
}

function untyped(route: Route): TypedRoute {
  const body = takesBody(route) ? unknownShape : undefined;
  return { route, params: unknownShape, query: unknownShape, body, answer: unknownShape, failures: [] };
}

/** The call that makes a route; of several on one line the one that has its URL. */
function findCall(tree: ts.SourceFile, { line, url }: Route): ts.CallExpression | undefined {
  const calls = callsIn(tree).filter(
    (node) => routeMethods.has(memberOf(node.expression) ?? '') && lineOf(tree, node.getStart()) === line,
  );
  const own = calls.find(({ arguments: [first] }) => {
    return (
      first !== undefined && ts.isStringLiteralLike(first) && first.text !== '/' && url.endsWith(first.text)
    );
  });
  return own ?? calls[0];
}
