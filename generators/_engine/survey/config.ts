import type { ConfigFact, RelPath } from '../contract.ts';
import { ts, walk } from '../syntax.ts';
import {
  enclosingFunction,
  isProcessEnv,
  memberOf,
  propertyOf,
  receiverOf,
  stringOf,
  unwrap,
} from './expressions.ts';
import { nameOf } from './creations.ts';
import { findConfigTypes } from './config-types.ts';
import { findEnvExamples } from './env-examples.ts';
import { importsOf } from './imports.ts';
import { importWant } from './outside-reads.ts';
import type { Survey } from './survey.ts';

type Parsed = Pick<ConfigFact, 'style' | 'schema' | 'reader'> & { readonly file: RelPath };

/** How a service reads its environment; `process.env` where no schema is found whose result other files can import. */
export function surveyConfig(survey: Survey): ConfigFact {
  const exampleFiles = findEnvExamples(survey);
  const parsed = findParsed(survey);
  if (parsed === undefined) return { style: 'process.env', exampleFiles };
  const types = findConfigTypes(survey, parsed);
  return { ...parsed, ...(types !== undefined && { types }), exampleFiles };
}

function findParsed(survey: Survey): Parsed | undefined {
  for (const file of survey.mentioning(/process\.env|env-schema|@fastify\/env/)) {
    let found: Parsed | undefined;
    walk(survey.tree(file), (node) => {
      if (found !== undefined) return false;
      if (ts.isCallExpression(node)) found = parsedBy(survey, node, file);
      return found === undefined;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

function parsedBy(survey: Survey, call: ts.CallExpression, file: RelPath): Parsed | undefined {
  const callee = unwrap(call.expression);
  const from = ts.isIdentifier(callee) ? importsOf(survey.tree(file)).get(callee.text)?.from : undefined;
  const [first, second] = call.arguments;
  const member = memberOf(callee);
  if (member === 'register' && first !== undefined) return fastifyEnv(survey, first, second, file);
  const reader = readerOf(survey, call, file);
  if (reader === undefined) return undefined;
  const isEnv = first !== undefined && isProcessEnv(unwrap(first));
  if (from === 'env-schema')
    return withSchema(survey, 'env-schema', propertyOf(first, 'schema'), call, file, reader);
  if (from === 'envalid' && isEnv) return withSchema(survey, 'envalid', second, call, file, reader);
  const isZod =
    survey.head.manifest.dependencies['zod'] !== undefined && (member === 'parse' || member === 'safeParse');
  return isZod && isEnv ? withSchema(survey, 'zod', receiverOf(callee), call, file, reader) : undefined;
}

function fastifyEnv(
  survey: Survey,
  plugin: ts.Expression,
  options: ts.Expression | undefined,
  file: RelPath,
): Parsed | undefined {
  const bare = unwrap(plugin);
  const from = ts.isIdentifier(bare) ? importsOf(survey.tree(file)).get(bare.text)?.from : undefined;
  if (from !== '@fastify/env' && from !== 'fastify-env') return undefined;
  const object = options === undefined ? undefined : survey.names.value(options, file)?.node;
  const literal = object !== undefined && ts.isExpression(object) ? object : options;
  const key = stringOf(propertyOf(literal, 'confKey')) ?? 'config';
  return withSchema(survey, '@fastify/env', propertyOf(literal, 'schema'), plugin, file, {
    expression: `app.${key}`,
    imports: [],
  });
}

/** The schema's own variable and file; for a schema written inside the call, the variable of the result. */
function withSchema(
  survey: Survey,
  style: ConfigFact['style'],
  schema: ts.Expression | undefined,
  call: ts.Node,
  file: RelPath,
  reader: NonNullable<ConfigFact['reader']>,
): Parsed {
  const bare = schema === undefined ? undefined : unwrap(schema);
  const imported =
    bare !== undefined && ts.isIdentifier(bare) ? survey.names.importOf(bare, file) : undefined;
  const target = imported === undefined ? undefined : survey.names.module(file, imported.from);
  const own = bare !== undefined && ts.isIdentifier(bare) ? bare.text : variableOf(call);
  const name = target === undefined ? own : imported?.name;
  return { style, file: target ?? file, ...(name !== undefined && { schema: name }), reader };
}

function variableOf(node: ts.Node): string | undefined {
  for (let at = node.parent as ts.Node | undefined; at !== undefined; at = at.parent as ts.Node | undefined) {
    if (ts.isVariableDeclaration(at)) return ts.isIdentifier(at.name) ? at.name.text : undefined;
  }
  return undefined;
}

/** How other files read a variable: the exported result, what is exported of it, or an exported function that gives it. */
function readerOf(survey: Survey, call: ts.CallExpression, file: RelPath): ConfigFact['reader'] {
  const owner = enclosingFunction(call);
  if (owner !== undefined) {
    const name = nameOf(owner);
    const root = name === undefined ? undefined : topLevelName(survey, name, file);
    const want =
      root === undefined || owner.parameters.length > 0 ? undefined : importWant(survey, root, file);
    return want === undefined || name === undefined
      ? undefined
      : { expression: `${name}()`, imports: [want] };
  }
  const name = variableOf(call);
  if (name === undefined) return undefined;
  for (const candidate of [name, ...derivedFrom(survey, name, file)]) {
    const root = topLevelName(survey, candidate, file);
    const want = root === undefined ? undefined : importWant(survey, root, file);
    if (want !== undefined) return { expression: candidate, imports: [want] };
  }
  return undefined;
}

/** `export const env = parsed.data` */
function derivedFrom(survey: Survey, name: string, file: RelPath): readonly string[] {
  return topLevelVariables(survey, file).flatMap(({ initializer, name: own }) => {
    const bare = initializer === undefined ? undefined : unwrap(initializer);
    const source = bare !== undefined && memberOf(bare) === 'data' ? receiverOf(bare) : bare;
    return source?.getText() === name && ts.isIdentifier(own) ? [own.text] : [];
  });
}

function topLevelVariables(survey: Survey, file: RelPath): readonly ts.VariableDeclaration[] {
  return survey
    .tree(file)
    .statements.flatMap((one) => (ts.isVariableStatement(one) ? [...one.declarationList.declarations] : []));
}

function topLevelName(survey: Survey, name: string, file: RelPath): ts.Identifier | undefined {
  const functions = survey.tree(file).statements.filter((one) => ts.isFunctionDeclaration(one));
  const all: readonly (ts.Node | undefined)[] = [...topLevelVariables(survey, file), ...functions].map(
    (one) => one.name,
  );
  return all.find(
    (one): one is ts.Identifier => one !== undefined && ts.isIdentifier(one) && one.text === name,
  );
}
