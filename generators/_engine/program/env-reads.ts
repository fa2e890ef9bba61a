import type { RelPath } from '../model/paths.ts';
import { pickNodes, ts } from '../syntax/tree.ts';
import {
  envNameOf,
  isProcessEnv,
  keyOf,
  memberOf,
  propertyOf,
  receiverOf,
  stringOf,
  unwrap,
} from '../syntax/expressions.ts';
import { callsIn } from '../syntax/calls.ts';
import { importedBy } from '../syntax/symbols.ts';
import { foundOnce, type Survey } from './survey.ts';
import { textIn } from './evaluate.ts';

/** Which environment variable a value comes from, and its literal default. */
export interface EnvRead {
  readonly env?: string;
  readonly fallback?: string;
}

const maxHops = 8;
const maxFallbackChars = 500;

/** Reads an expression down to `process.env.X`, through variables, conversions and schemas that parse process.env. */
export function readEnv(survey: Survey, expression: ts.Expression, file: RelPath, hops = 0): EnvRead {
  if (hops > maxHops) return {};
  const bare = unwrap(expression);
  const env = envNameOf(bare);
  if (env !== undefined) return { env };
  const next = (inner: ts.Expression): EnvRead => readEnv(survey, inner, file, hops + 1);
  if (ts.isStringLiteralLike(bare) || ts.isNumericLiteral(bare)) return { fallback: bare.text };
  if (ts.isBinaryExpression(bare)) return { ...next(bare.right), ...next(bare.left) };
  if (ts.isPrefixUnaryExpression(bare)) return next(bare.operand);
  if (ts.isConditionalExpression(bare)) return { ...next(bare.whenFalse), ...next(bare.whenTrue) };
  if (ts.isCallExpression(bare)) return readCall(bare, next);
  return readName(survey, bare, file, hops);
}

/** `Number(x)`, `parseInt(x, 10)`, `x.trim()`. */
function readCall(call: ts.CallExpression, next: (inner: ts.Expression) => EnvRead): EnvRead {
  const [first] = call.arguments;
  const receiver = receiverOf(call.expression);
  const isConversion = memberOf(call.expression) === 'parseInt' || ts.isIdentifier(call.expression);
  if (first !== undefined && isConversion) return next(first);
  return receiver !== undefined && call.arguments.length === 0 ? next(receiver) : {};
}

function readName(survey: Survey, bare: ts.Expression, file: RelPath, hops: number): EnvRead {
  const found = survey.names.value(bare, file);
  if (found !== undefined && found.node !== bare) {
    if (ts.isBindingElement(found.node)) return readBinding(survey, bare, file);
    if (ts.isParameter(found.node)) {
      const { initializer } = found.node;
      return initializer === undefined ? {} : readEnv(survey, initializer, found.file, hops + 1);
    }
    return ts.isExpression(found.node) ? readEnv(survey, found.node, found.file, hops + 1) : {};
  }
  const member = memberOf(bare);
  const receiver = receiverOf(bare);
  if (member === undefined || receiver === undefined) return {};
  return readMember(survey, receiver, member, file);
}

/** `const { PORT = 3000 } = process.env` */
function readBinding(survey: Survey, name: ts.Expression, file: RelPath): EnvRead {
  const value = survey.names.valueOf(name, file);
  const fallback = value.kind === 'env' ? value.fallback && textIn(value.fallback) : undefined;
  return value.kind === 'env' ? { env: value.name, ...(fallback !== undefined && { fallback }) } : {};
}

/** `env.PORT`, where `env` is what a schema made of process.env, or a decorator with the same keys. */
function readMember(survey: Survey, receiver: ts.Expression, member: string, file: RelPath): EnvRead {
  const parsed = memberOf(receiver) === 'data' ? (receiverOf(receiver) ?? receiver) : receiver;
  const schema = findSchema(survey, parsed, file);
  const fallback = schema === undefined ? undefined : defaultIn(propertyOf(schema, member));
  if (schema === undefined && !/^[A-Z][A-Z0-9_]*$/.test(member)) return {};
  return { env: member, ...(fallback !== undefined && { fallback }) };
}

/** The object literal whose keys are variables, behind `schema.parse(process.env)`, `cleanEnv`, `envSchema`. */
function findSchema(survey: Survey, expression: ts.Expression, file: RelPath): ts.Expression | undefined {
  const found = survey.names.value(expression, file);
  if (found === undefined) return undefined;
  const { file: place, node } = found;
  const decorated = node === unwrap(expression) ? decoratedSchema(survey, unwrap(expression)) : undefined;
  if (decorated?.schema !== undefined) return propertiesOf(survey, decorated.schema, decorated.file);
  if (ts.isPropertyAccessExpression(node) && node.name.text === 'data')
    return findSchema(survey, node.expression, place);
  if (!ts.isCallExpression(node)) return undefined;
  const [first, second] = node.arguments;
  const method = memberOf(node.expression);
  if ((method === 'parse' || method === 'safeParse') && first !== undefined && isProcessEnv(unwrap(first))) {
    const schema = receiverOf(node.expression);
    return schema === undefined ? undefined : schemaObject(survey, schema, found.file);
  }
  if (second !== undefined && first !== undefined && isProcessEnv(unwrap(first))) return unwrap(second);
  const option = propertyOf(first, 'schema');
  return option === undefined ? undefined : propertiesOf(survey, option, found.file);
}

/** `{…}` in `z.object({…})`, also behind `.strict()`, `.passthrough()` and the like. */
function schemaObject(survey: Survey, schema: ts.Expression, file: RelPath): ts.Expression | undefined {
  const found = survey.names.value(schema, file);
  if (found === undefined || !ts.isCallExpression(found.node)) return undefined;
  const [first] = found.node.arguments;
  if (memberOf(found.node.expression) === 'object' && first !== undefined) return unwrap(first);
  const receiver = receiverOf(found.node.expression);
  return receiver === undefined || receiver === schema
    ? undefined
    : schemaObject(survey, receiver, found.file);
}

/** `properties` of a JSON schema, or the argument of `Type.Object`. */
function propertiesOf(survey: Survey, schema: ts.Expression, file: RelPath): ts.Expression | undefined {
  const found = survey.names.value(schema, file);
  if (found === undefined || !ts.isExpression(found.node)) return undefined;
  if (ts.isCallExpression(found.node)) return found.node.arguments[0];
  return propertyOf(found.node, 'properties');
}

/** `.default(3000)` or `default: 3000` somewhere in the value of a schema's key. */
function defaultIn(value: ts.Expression | undefined): string | undefined {
  if (value === undefined) return undefined;
  // In a chain the outer call comes before the inner one.
  const [first] = pickNodes(value, (node) => {
    const isCall = ts.isCallExpression(node) && memberOf(node.expression) === 'default';
    const isKey = ts.isPropertyAssignment(node) && keyOf(node.name) === 'default';
    const given = isCall ? node.arguments[0] : isKey ? node.initializer : undefined;
    return given && textOf(given);
  });
  return first;
}

/** The value of a literal; the code itself for a name or a signed number. */
function textOf(given: ts.Expression): string | undefined {
  const text = stringOf(given) ?? given.getText();
  return text.length > maxFallbackChars || /[()'"]/.test(text) ? undefined : text;
}

/** What @fastify/env made `app.config` of, with `config` or another name for the decorator; undefined when it did not. */
function decoratedSchema(survey: Survey, decorated: ts.Expression): FastifyEnv | undefined {
  const key = memberOf(decorated);
  return key === undefined ? undefined : findFastifyEnvs(survey).find((one) => one.key === key);
}

/** The first use of @fastify/env in each file. */
const findFastifyEnvs = foundOnce((survey): readonly FastifyEnv[] =>
  survey.filesMatching(/@fastify\/env|fastify-env/).flatMap((file) => {
    const calls = callsIn(survey.tree(file)).map(({ arguments: [plugin, options] }) =>
      plugin === undefined ? undefined : fastifyEnv(survey, plugin, options, file),
    );
    const found = [autoloadedEnv(survey, file), ...calls].find((one) => one !== undefined);
    return found === undefined ? [] : [found];
  }),
);

/** A use of @fastify/env: the decorator that it makes, the schema, and the node to name where there is no schema. */
export interface FastifyEnv {
  /** `config` in `app.config`. */
  readonly key: string;
  readonly schema: ts.Expression | undefined;
  readonly at: ts.Node;
  readonly file: RelPath;
}

/** `app.register(env, options)`, with the options here or in another file. */
export function fastifyEnv(
  survey: Survey,
  plugin: ts.Expression,
  options: ts.Expression | undefined,
  file: RelPath,
): FastifyEnv | undefined {
  return isFastifyEnv(plugin) ? usedWith(survey, options, plugin, file) : undefined;
}

/** A file of an autoloaded folder: `export const autoConfig = { schema }; export default env`. */
export function autoloadedEnv(survey: Survey, file: RelPath): FastifyEnv | undefined {
  if (!survey.text(file).includes('autoConfig')) return undefined;
  const options = survey.names.exported(file, 'autoConfig')?.node;
  const given = survey.tree(file).statements.find(ts.isExportAssignment)?.expression;
  if (options === undefined || given === undefined || !ts.isExpression(options)) return undefined;
  const bare = unwrap(given);
  const plugin = ts.isCallExpression(bare) ? (bare.arguments[0] ?? bare) : bare;
  return isFastifyEnv(plugin) ? usedWith(survey, options, options, file) : undefined;
}

function isFastifyEnv(plugin: ts.Expression): boolean {
  return importedBy(plugin, '@fastify/env', 'fastify-env') !== undefined;
}

function usedWith(
  survey: Survey,
  options: ts.Expression | undefined,
  plugin: ts.Node,
  file: RelPath,
): FastifyEnv {
  const found = survey.names.objectOf(options, file);
  const literal = found?.node ?? options;
  const schema = propertyOf(literal, 'schema');
  const key = stringOf(propertyOf(literal, 'confKey')) ?? 'config';
  return { key, schema, at: schema ?? plugin, file: found?.file ?? file };
}
