import type { RelPath } from '../model/paths.ts';
import { ts } from '../syntax/tree.ts';
import { propertyOf, stringOf, unwrap } from '../syntax/expressions.ts';
import { importsOf } from '../syntax/imports.ts';
import type { Survey } from './survey.ts';

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
  return isFastifyEnv(survey, plugin, file) ? usedWith(survey, options, plugin, file) : undefined;
}

/** A file of an autoloaded folder: `export const autoConfig = { schema }; export default env`. */
export function autoloadedEnv(survey: Survey, file: RelPath): FastifyEnv | undefined {
  if (!survey.text(file).includes('autoConfig')) return undefined;
  const options = survey.names.exported(file, 'autoConfig')?.node;
  const given = survey.tree(file).statements.find(ts.isExportAssignment)?.expression;
  if (options === undefined || given === undefined || !ts.isExpression(options)) return undefined;
  const bare = unwrap(given);
  const plugin = ts.isCallExpression(bare) ? (bare.arguments[0] ?? bare) : bare;
  return isFastifyEnv(survey, plugin, file) ? usedWith(survey, options, options, file) : undefined;
}

function isFastifyEnv(survey: Survey, plugin: ts.Expression, file: RelPath): boolean {
  const bare = unwrap(plugin);
  const from = ts.isIdentifier(bare) ? importsOf(survey.tree(file)).get(bare.text)?.from : undefined;
  return from === '@fastify/env' || from === 'fastify-env';
}

function usedWith(
  survey: Survey,
  options: ts.Expression | undefined,
  plugin: ts.Node,
  file: RelPath,
): FastifyEnv {
  const found = options === undefined ? undefined : survey.names.value(options, file);
  const isFound = found !== undefined && ts.isObjectLiteralExpression(found.node);
  const [literal, place] = isFound ? [found.node as ts.Expression, found.file] : [options, file];
  const schema = propertyOf(literal, 'schema');
  const key = stringOf(propertyOf(literal, 'confKey')) ?? 'config';
  return { key, schema, at: schema ?? plugin, file: place };
}
