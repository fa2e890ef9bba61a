import type { EnvDeclarationWant } from '../model/wants.ts';
import { unwrap } from '../syntax/expressions.ts';
import { ts, walk } from '../syntax/tree.ts';

/** The object with one property for each variable, and what its values are built with (`z`, `Type`, or '' for none). */
export type EnvSchema = Readonly<{ object: ts.ObjectLiteralExpression; builder: string }>;

/** Finds the schema by its variable's name, or the only one of its kind in the file when it has none. */
export function findEnvSchema(
  source: ts.SourceFile,
  config: EnvDeclarationWant['config'],
): EnvSchema | undefined {
  const initializers = initializersOf(source, config.schema);
  const find =
    config.style === 'zod' ? zodObject : config.style === 'envalid' ? envalidObject : jsonSchemaObject;
  for (const initializer of initializers) {
    const found = find(initializer);
    if (found !== undefined) return found;
  }
  return undefined;
}

function initializersOf(source: ts.SourceFile, name: string | undefined): readonly ts.Expression[] {
  const found: ts.Expression[] = [];
  walk(source, (node) => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined) {
      if (name === undefined || node.name.getText(source) === name) found.push(node.initializer);
    }
    if (name === undefined && (ts.isExportAssignment(node) || ts.isExpressionStatement(node)))
      found.push(node.expression);
    return undefined;
  });
  return found;
}

/** `z.object({…})` anywhere on the left of a chain of calls, also inside `x.parse(…)`-like wrappers. */
function zodObject(node: ts.Expression): EnvSchema | undefined {
  const inner = unwrap(node);
  if (!ts.isCallExpression(inner) || !ts.isPropertyAccessExpression(inner.expression)) return undefined;
  const { expression: callee, name } = inner.expression;
  const [argument] = inner.arguments;
  const isObject = ['object', 'strictObject', 'looseObject'].includes(name.text) && ts.isIdentifier(callee);
  if (isObject && argument !== undefined && ts.isObjectLiteralExpression(argument)) {
    return { object: argument, builder: callee.text };
  }
  return zodObject(callee);
}

/** `cleanEnv(process.env, {…})`, or the object itself. */
function envalidObject(node: ts.Expression): EnvSchema | undefined {
  const inner = unwrap(node);
  const isClean = ts.isCallExpression(inner) && inner.expression.getText().endsWith('cleanEnv');
  const object = isClean ? inner.arguments[1] : inner;
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined;
  const [first] = object.properties.flatMap((each) =>
    ts.isPropertyAssignment(each) ? [each.initializer] : [],
  );
  const callee = first !== undefined && ts.isCallExpression(first) ? first.expression : undefined;
  if (!isClean && callee === undefined) return undefined;
  const isMember = callee !== undefined && ts.isPropertyAccessExpression(callee);
  return { object, builder: isMember ? callee.expression.getText() : '' };
}

/** The `properties` of a JSON schema, or the object given to TypeBox. */
function jsonSchemaObject(node: ts.Expression): EnvSchema | undefined {
  const inner = unwrap(node);
  if (ts.isCallExpression(inner) && ts.isPropertyAccessExpression(inner.expression)) {
    const [argument] = inner.arguments;
    const isTypeBox = inner.expression.name.text === 'Object' && argument !== undefined;
    if (isTypeBox && ts.isObjectLiteralExpression(argument)) {
      return { object: argument, builder: inner.expression.expression.getText() };
    }
  }
  if (!ts.isObjectLiteralExpression(inner)) return undefined;
  for (const property of inner.properties) {
    if (!ts.isPropertyAssignment(property)) continue;
    const value = unwrap(property.initializer);
    const key = property.name.getText().replace(/['"]/g, '');
    if (key === 'properties' && ts.isObjectLiteralExpression(value)) return { object: value, builder: '' };
    if (key === 'schema') return jsonSchemaObject(value);
  }
  return undefined;
}
