import { basenameRel, joinRel, type RelPath, toRel } from '../../model/paths.ts';
import { exampleFile, isEnvironment } from '../../model/roles.ts';
import type { ConfigFact, Service, ServiceHead } from '../../model/service.ts';
import { autoloadedEnv, type FastifyEnv, fastifyEnv } from '../../program/env-reads.ts';
import { exportedWant } from '../../program/outside-reads.ts';
import { openSurvey, type Sources, type Survey } from '../../program/survey.ts';
import { callsIn } from '../../syntax/calls.ts';
import {
  enclosingFunction,
  isProcessEnv,
  memberOf,
  nameOf,
  propertyOf,
  receiverOf,
  unwrap,
} from '../../syntax/expressions.ts';
import { importedBy, topLevelVariables } from '../../syntax/symbols.ts';
import { escapePattern, printMember } from '../../syntax/print.ts';
import { findNode, ts } from '../../syntax/tree.ts';
import type { Edit } from '../../model/plan.ts';
import type { Repo } from '../../model/repo.ts';
import { textAfter } from '../../repo/repo.ts';

/** How a service reads its environment; `process.env` where no schema is found whose result other files can import. */
export function surveyConfig(survey: Survey): ConfigFact {
  const exampleFiles = findEnvExamples(survey);
  const parsed = findParsed(survey);
  if (parsed === undefined) return { style: 'process.env', exampleFiles };
  const types = findConfigTypes(survey, parsed);
  return { ...parsed, ...(types !== undefined && { types }), exampleFiles };
}

function findParsed(survey: Survey): Parsed | undefined {
  for (const file of survey.filesMatching(/process\.env|env-schema|@fastify\/env/)) {
    const loaded = parsedWith(survey, autoloadedEnv(survey, file));
    if (loaded !== undefined) return loaded;
    for (const call of callsIn(survey.tree(file))) {
      const found = parsedBy(survey, call, file);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function parsedBy(survey: Survey, call: ts.CallExpression, file: RelPath): Parsed | undefined {
  const callee = unwrap(call.expression);
  const from = importedBy(callee, 'env-schema', 'envalid')?.from;
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

/** How other files read a variable: the exported result, what is exported of it, or an exported function that returns it. */
function readerOf(survey: Survey, call: ts.CallExpression, file: RelPath): ConfigFact['reader'] {
  const owner = enclosingFunction(call);
  if (owner !== undefined) {
    const name = owner.parameters.length > 0 ? undefined : nameOf(owner);
    const want = name === undefined ? undefined : exportedWant(survey, name, file);
    return want === undefined || name === undefined
      ? undefined
      : { expression: `${name}()`, imports: [want] };
  }
  const name = variableOf(call);
  if (name === undefined) return undefined;
  for (const candidate of [name, ...derivedFrom(survey, name, file)]) {
    const want = exportedWant(survey, candidate, file);
    if (want !== undefined) return { expression: candidate, imports: [want] };
  }
  return undefined;
}

/** `export const env = parsed.data` */
function derivedFrom(survey: Survey, name: string, file: RelPath): readonly string[] {
  return topLevelVariables(survey.tree(file)).flatMap(({ initializer, name: own }) => {
    const bare = initializer === undefined ? undefined : unwrap(initializer);
    const source = bare !== undefined && memberOf(bare) === 'data' ? receiverOf(bare) : bare;
    return source?.getText() === name && ts.isIdentifier(own) ? [own.text] : [];
  });
}

/** A place where the environment is parsed. */
type Parsed = Pick<ConfigFact, 'style' | 'schema' | 'reader'> & { readonly file: RelPath };

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
  const imported = bare !== undefined && ts.isIdentifier(bare) ? importedBy(bare) : undefined;
  const target = imported === undefined ? undefined : survey.names.module(file, imported.from);
  const own = bare !== undefined && ts.isIdentifier(bare) ? bare.text : variableOf(call);
  const name = target === undefined ? own : imported?.name;
  return { style, file: target ?? file, ...(name !== undefined && { schema: name }), reader };
}

/** The variable that an expression is the value of, or part of it. */
function variableOf(node: ts.Node): string | undefined {
  const name = ts.findAncestor(node.parent, ts.isVariableDeclaration)?.name;
  return name !== undefined && ts.isIdentifier(name) ? name.text : undefined;
}

/**
 * The file that types by hand what a JSON schema declares, the schema's own first; undefined where the type is made of
 * the schema.
 */
function findConfigTypes(
  survey: Survey,
  { file, style }: Pick<ConfigFact, 'style'> & { readonly file: RelPath },
): RelPath | undefined {
  if (style !== '@fastify/env' && style !== 'env-schema') return undefined;
  const schema = survey.text(file);
  const isKnown = (name: string): boolean =>
    new RegExp(`\\b${escapePattern(name)}['"]?\\s{0,9}:`).test(schema);
  const files = [file, ...survey.filesMatching(/\b(interface|type)\b/), ...survey.declarations];
  return files.find((one) => findEnvType(survey.tree(one), isKnown) !== undefined);
}

/**
 * The interface or type literal that is about environment variables alone (`PORT: number; JWT_SECRET: string`);
 * `isKnown`: whether a name is a declared variable.
 */
export function findEnvType(
  source: ts.SourceFile,
  isKnown: (name: string) => boolean,
): ts.InterfaceDeclaration | ts.TypeLiteralNode | undefined {
  const found = findNode(source, (node) => {
    if (!ts.isInterfaceDeclaration(node) && !ts.isTypeLiteralNode(node)) return false;
    const names = node.members.map(({ name }) => name?.getText(source) ?? '');
    return names.every((name) => /^[A-Z][A-Z0-9_]*$/.test(name)) && names.some(isKnown);
  });
  return found as ts.InterfaceDeclaration | ts.TypeLiteralNode | undefined;
}

/** The service's own example files, else those at the root. */
export function findEnvExamples({ head, repo }: Sources): readonly RelPath[] {
  const inFolder = (dir: RelPath): readonly RelPath[] =>
    repo
      .list(dir)
      .filter(({ kind, name }) => kind === 'file' && exampleFile.test(name))
      .map(({ name }) => joinRel(dir, name));
  const own = inFolder(head.dir);
  return own.length > 0 ? own : inFolder(toRel(''));
}

/** The name of a file whose text matches, other than those in `except`; undefined when there is none. */
export function findReference(
  repo: Repo,
  heads: readonly ServiceHead[],
  pattern: RegExp,
  except: ReadonlySet<string> = new Set(),
): string | undefined {
  for (const head of heads) {
    const survey = openSurvey(repo, head);
    const path = [...survey.files, ...survey.tests].find(
      (one) => !except.has(one) && pattern.test(survey.text(one)),
    );
    if (path !== undefined) return basenameRel(path);
  }
  return undefined;
}

/** Matches an import of a package. */
export function importOf(name: string): RegExp {
  return new RegExp(`(?:from|require\\(|import\\(?)\\s{0,9}['"]${escapePattern(name)}(?:/[^'"]{0,300})?['"]`);
}

/** The environment variables that a text names. */
export function variablesIn(text: string): readonly string[] {
  return [...new Set(text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? [])];
}

/**
 * Packages and variables that an edit of a manifest or an environment adds although the user's code used them before:
 * undoing the edit need not keep them for that code.
 */
export function usedBefore(repo: Repo, heads: readonly ServiceHead[], edit: Edit): readonly string[] {
  if (edit.role !== 'manifest' && !isEnvironment(edit.role)) return [];
  const old = edit.kind === 'create' ? '' : edit.base;
  const namesIn = (text: string): readonly string[] =>
    isEnvironment(edit.role)
      ? variablesIn(text)
      : [...text.matchAll(/"(@?[\w./-]+)"\s*:/g)].map(([, name = '']) => name);
  const known = new Set(namesIn(old));
  return namesIn(textAfter(edit) ?? '').filter((name) => {
    const pattern = isEnvironment(edit.role) ? new RegExp(`\\b${name}\\b`) : importOf(name);
    return !known.has(name) && findReference(repo, heads, pattern, new Set([edit.path])) !== undefined;
  });
}

/** The auth service, as far as it is in the repo. */
export interface Issuer {
  readonly head: Pick<ServiceHead, 'dir' | 'name'>;
  readonly port: number | undefined;
}

/** The variable with the origin of the auth service, where a service has none for it. */
const usual = 'AUTH_SERVICE_URL';
/** Code that reads it; a text of that name, as in authentication.ts, does not. */
const read = /(?:[^'"]|\[['"])\bAUTH_SERVICE_URL\b/;
const assigned = /\b([A-Z][A-Z0-9_]*_(?:URL|URI|ORIGIN|ENDPOINT))\b.*?(https?:\/\/[^\s'"`),;]+)/g;
/** A longer line is data: looking through it takes time by the square of its length. */
const maxLineChars = 1_000;
const suffix = /^(?:_(?:SERVICE|SERVER|API))?(?:_BASE)?_(?:URL|URI|ORIGIN|ENDPOINT)$/;

/**
 * The variable that holds the URL of the auth service: one that the service has for it already (`AUTH_URL`,
 * `IDENTITY_BASE_URL`), by its name and value in an example, in the schema or where it is read; else the usual one.
 */
export function findUrlVariable(repo: Repo, service: Service, issuer: Issuer | undefined): string {
  const survey = openSurvey(repo, service);
  const { exampleFiles, file } = service.config;
  const listing = [...exampleFiles, ...(file === undefined ? [] : [file])];
  const found: string[] = [];
  for (const path of new Set([...listing, ...survey.filesMatching(/process\.env/)])) {
    const text = repo.read(path) ?? '';
    if (listing.includes(path) ? text.includes(usual) : read.test(text)) return usual;
    for (const line of text.split('\n')) {
      if (line.length > maxLineChars || !line.includes('://')) continue;
      for (const [, name = '', url = ''] of line.matchAll(assigned))
        if (isOfAuth(name, issuer) && isOrigin(url, service, issuer)) found.push(name);
    }
  }
  return found[0] ?? usual;
}

/** `AUTH_URL`, and by the name of a service that is called otherwise: `IDENTITY_SERVICE_URL`. */
function isOfAuth(name: string, issuer: Issuer | undefined): boolean {
  const own = shortName(issuer).replace(/-(?:service|server|api)$/, '');
  const stems = ['AUTH', own.toUpperCase().replaceAll(/\W/g, '_')].filter((stem) => stem !== '');
  return stems.some((stem) => name.startsWith(stem) && suffix.test(name.slice(stem.length)));
}

/** The address of the auth service and no path below it; another port is another service, or this one. */
function isOrigin(text: string, { app }: Service, issuer: Issuer | undefined): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, pathname, port } = new URL(text);
  if (pathname !== '/' || port === String(app.listen.defaultPort)) return false;
  if (issuer?.port === undefined) return true;
  const hosts = [shortName(issuer), issuer.head.dir.split('/').at(-1)];
  return port === String(issuer.port) || hosts.includes(hostname);
}

function shortName(issuer: Issuer | undefined): string {
  return (issuer?.head.name ?? '').replace(/^@.*\//, '');
}
