import type { RelPath } from '../../model/paths.ts';
import type { ConfigFact } from '../../model/resource-facts.ts';
import { printMember } from '../../syntax/print.ts';
import { ts, walk } from '../../syntax/tree.ts';
import {
  enclosingFunction,
  isProcessEnv,
  memberOf,
  nameOf,
  propertyOf,
  receiverOf,
  unwrap,
} from '../../syntax/expressions.ts';
import { findConfigTypes } from './config-types.ts';
import { findEnvExamples } from './env-examples.ts';
import { autoloadedEnv, type FastifyEnv, fastifyEnv } from '../../program/env-reads.ts';
import { importsOf } from '../../syntax/imports.ts';
import { importWant } from '../../program/outside-reads.ts';
import { type Parsed, variableOf, withSchema } from './parsed-env.ts';
import type { Survey } from '../../program/survey.ts';

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
    let found = parsedWith(survey, autoloadedEnv(survey, file));
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
  if (member === 'register' && first !== undefined)
    return parsedWith(survey, fastifyEnv(survey, first, second, file));
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

/** What @fastify/env parses is read from its decorator. */
function parsedWith(survey: Survey, used: FastifyEnv | undefined): Parsed | undefined {
  if (used === undefined) return undefined;
  const reader = { expression: printMember('app', used.key), imports: [] };
  return withSchema(survey, '@fastify/env', used.schema, used.at, used.file, reader);
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
