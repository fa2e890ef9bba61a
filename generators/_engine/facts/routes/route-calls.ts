import type { Route } from '../../model/app-facts.ts';
import type { RelPath } from '../../model/paths.ts';
import { placeOf, ts } from '../../syntax/tree.ts';
import { keyOf, memberOf, propertyOf, unwrap } from '../../syntax/expressions.ts';
import type { Survey } from '../../program/survey.ts';
import type { Use } from '../../syntax/calls.ts';

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
