import type { ImportWant } from '../model/code-facts.ts';
import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ConfigFact, Service } from '../model/service.ts';
import { dynamicSpecifier, importLines } from '../facts/style/place-file.ts';
import { unwrap } from '../syntax/expressions.ts';
import { printKey, printString } from '../syntax/print.ts';
import { parseSource, pickNodes, ts } from '../syntax/tree.ts';

const maxRuleChars = 1_000;
const maxValueChars = 1_000;

/** One variable in a schema that parses the environment. */
export type EnvDeclarationWant = Readonly<{
  config: Pick<ConfigFact, 'style' | 'schema'>;
  name: string;
  type: 'url' | 'string';
  /** Literal default; undefined means optional. */
  default?: string;
}>;

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
  return pickNodes(source, (node) => {
    if (ts.isVariableDeclaration(node))
      return name === undefined || node.name.getText(source) === name ? node.initializer : undefined;
    const isLoose = name === undefined && (ts.isExportAssignment(node) || ts.isExpressionStatement(node));
    return isLoose ? node.expression : undefined;
  });
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

/** What a test imports of the service's own files, and what it does before it has them. */
export interface TestImports {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** Lines of code after the imports. */
  readonly setUp: readonly string[];
  /** Statements that register what the plugin depends on. */
  readonly standIns: readonly string[];
}

/** The file that a test is about, by its exports. */
export interface TestSubject {
  readonly file: RelPath;
  readonly value: string;
  readonly type?: string;
  /** The plugins that it depends on, by their names for fastify-plugin. */
  readonly follows: readonly string[];
}

/** Has the name of a plugin that another one depends on, and nothing else of it. */
export function printStandIn(name: string): string {
  return `await app.register(fp((_app, _options, done) => { done(); }, { name: ${printString(name)} }));`;
}

/**
 * Imports a plugin into a test, beside its `own` imports. Where the configuration that it reads when it is imported
 * demands an environment, that is set first, and the plugin is imported after it.
 */
export function importSubject(
  service: Service,
  repo: Repo,
  test: RelPath,
  { file, follows, type, value }: TestSubject,
  own: readonly ImportWant[],
): TestImports {
  const environment = testEnvironment(service, repo);
  const standIns = follows.map(printStandIn);
  const others = follows.length === 0 ? own : [{ from: 'fastify-plugin', default: 'fp' }, ...own];
  if (environment.length === 0)
    return {
      imports: importLines(service, test, [
        { from: file, names: [value, ...(type === undefined ? [] : [`type ${type}`])] },
        ...others,
      ]),
      setUp: [],
      standIns,
    };
  const specifier = printString(dynamicSpecifier(service, test, file));
  const types = type === undefined ? [] : [{ from: file, names: [type], typeOnly: true }];
  return {
    standIns,
    imports: importLines(service, test, [...types, ...others]),
    setUp: [
      '',
      '// The configuration is read when it is imported: its environment is set first, and the plugin is imported later.',
      'Object.assign(process.env, {',
      ...environment.map((entry) => `  ${entry},`),
      '  ...process.env,',
      '});',
      `let ${value}: typeof import(${specifier}).${value};`,
      '',
      'beforeAll(async () => {',
      `  ({ ${value} } = await import(${specifier}));`,
      '});',
    ],
  };
}

/**
 * What a test has to put into `process.env` before it imports a file that reads the service's configuration: entries
 * of an object, `DB_URL: 'postgres://…'`, one for each variable that the schema demands. Values come from the env
 * example, else they are made to fit. [] where importing the configuration demands nothing.
 */
export function testEnvironment({ config }: Pick<Service, 'config'>, repo: Repo): readonly string[] {
  const { file, reader, style } = config;
  const isReadAtImport = reader !== undefined && reader.imports.length > 0 && style !== '@fastify/env';
  const text = file === undefined || !isReadAtImport ? undefined : repo.read(file);
  if (text === undefined) return [];
  const schema = findEnvSchema(parseSource('env.ts', text), config);
  const examples = readExamples(config, repo);
  const entries = (schema?.object.properties ?? []).flatMap((property) => {
    if (!ts.isPropertyAssignment(property) || !ts.isIdentifier(property.name)) return [];
    const rule = property.initializer.getText().slice(0, maxRuleChars);
    if (/\.(optional|default|nullish|catch|prefault)\(|\b(default|devDefault):/.test(rule)) return [];
    const name = property.name.text;
    const value = examples.get(name) ?? fittingValue(name, rule);
    return [`${printKey(name)}: ${printString(value)}`];
  });
  return entries;
}

function readExamples({ exampleFiles }: ConfigFact, repo: Repo): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const file of exampleFiles) {
    const lines = (repo.read(file) ?? '').matchAll(
      /^[ \t]*(\w+)[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^#\r\n]*))/gm,
    );
    for (const [, name = '', double, single, bare] of lines) {
      const value = (double ?? single ?? bare ?? '').trim();
      if (value !== '') values.set(name, value);
    }
  }
  return values;
}

/** By the words of the rule: `z.string().url()`, `z.coerce.number()`, `z.enum(['a', 'b'])`, `str()`, `port()`. */
function fittingValue(name: string, rule: string): string {
  const choice = /(?:enum|union|picklist)\s*\(\s*\[?\s*(?:z\.literal\()?['"]([^'"]*)['"]/.exec(rule)?.[1];
  if (choice !== undefined) return choice;
  if (/\bnumber|\bint\b|\bport\(|\bnum\(|parseInt|Number/i.test(rule)) return '1';
  if (/bool/i.test(rule)) return 'true';
  if (/\burl\b|uri/i.test(rule)) return 'http://localhost';
  if (/email/i.test(rule)) return 'test@example.com';
  if (/uuid/i.test(rule)) return '00000000-0000-4000-8000-000000000000';
  const least = Number(/\.(?:min|length)\(\s*(\d+)/.exec(rule)?.[1] ?? 0);
  const value = `test-${name.toLowerCase().replaceAll('_', '-')}`;
  return value.padEnd(Math.min(least, maxValueChars), '-');
}
