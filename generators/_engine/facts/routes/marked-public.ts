import type { RelPath } from '../../model/paths.ts';
import { ts } from '../../syntax/tree.ts';
import { keyOf, propertyOf, unwrap } from '../../syntax/expressions.ts';
import type { Survey } from '../../program/survey.ts';

const opens = /^(skipAuth|skipAuthentication|noAuth|public|isPublic|anonymous|allowAnonymous)$/;
const guards = /^(auth|authenticate|authRequired|requireAuth|requiresAuth|protected)$/;

/**
 * Whether a route's options say that it asks for no token: `config: { skipAuth: true }`, `config: { auth: false }` and
 * the like, or `schema: { security: [] }`, by which OpenAPI says so.
 */
export function isMarkedPublic(survey: Survey, options: ts.Expression | undefined, file: RelPath): boolean {
  const found = options === undefined ? undefined : objectOf(survey, options, file);
  if (found === undefined) return false;
  const config = objectOf(survey, propertyOf(found.node, 'config'), found.file);
  const schema = objectOf(survey, propertyOf(found.node, 'schema'), found.file);
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

function objectOf(
  survey: Survey,
  expression: ts.Expression | undefined,
  file: RelPath,
): Readonly<{ node: ts.ObjectLiteralExpression; file: RelPath }> | undefined {
  if (expression === undefined) return undefined;
  const found = survey.names.value(expression, file);
  return found !== undefined && ts.isObjectLiteralExpression(found.node)
    ? { node: found.node, file: found.file }
    : undefined;
}
