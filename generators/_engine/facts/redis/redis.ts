import type { RelPath } from '../../model/paths.ts';
import type { RedisFact } from '../../model/resource-facts.ts';
import { escapePattern, printMember, printString } from '../../syntax/print.ts';
import { lineOf, ts, walk } from '../../syntax/tree.ts';
import { memberOf, propertyOf, stringOf, unwrap } from '../../syntax/expressions.ts';
import { importsOf } from '../../syntax/imports.ts';
import { importWant } from '../../program/outside-reads.ts';
import type { Survey } from '../../program/survey.ts';

type Client = NonNullable<RedisFact['client']>;
type Cluster = NonNullable<RedisFact['cluster']>;

const libraries = ['@fastify/redis', 'ioredis', 'redis'] as const;
/** What the libraries call a client of several nodes; Sentinel of ioredis is an option of a client like any other. */
const clusters = new Set(['Cluster', 'createCluster', 'createSentinel']);

/** Which Redis client a service uses, and how another file reaches the one that exists (`app.redis` or an import). */
export function surveyRedis(survey: Survey): RedisFact {
  const { dependencies } = survey.head.manifest;
  const library = libraries.find((name) => dependencies[name] !== undefined);
  if (library === undefined) return { library: 'none' };
  const client =
    library === '@fastify/redis' ? pluginClient(survey) : (decoratedClient(survey) ?? exportedClient(survey));
  // The client that @fastify/redis decorates with may be the cluster.
  const cluster = client === undefined || library === '@fastify/redis' ? findCluster(survey) : undefined;
  return { library, ...(client !== undefined && { client }), ...(cluster !== undefined && { cluster }) };
}

function findCluster(survey: Survey): Cluster | undefined {
  for (const path of survey.mentioning(/['"](?:@fastify\/redis|ioredis|redis|@redis\/client)['"]/)) {
    const tree = survey.tree(path);
    let found: ts.Node | undefined;
    walk(tree, (node) => {
      if (found === undefined && (makesCluster(tree, node) || registersCluster(tree, node))) found = node;
      return found === undefined;
    });
    if (found === undefined) continue;
    const [made = ''] = found.getText().split(/[(<]/u, 1);
    return { path, line: lineOf(tree, found.getStart()), made };
  }
  return undefined;
}

/** `new Cluster(…)`, `new Redis.Cluster(…)`, `createCluster(…)`, `createSentinel(…)`, by whatever name it is imported. */
function makesCluster(tree: ts.SourceFile, node: ts.Node): boolean {
  return (ts.isNewExpression(node) || ts.isCallExpression(node)) && isCluster(tree, node);
}

function isCluster(tree: ts.SourceFile, node: ts.NewExpression | ts.CallExpression): boolean {
  const callee = unwrap(node.expression);
  const member = ts.isPropertyAccessExpression(callee) ? callee.name.text : undefined;
  const root = ts.isPropertyAccessExpression(callee) ? unwrap(callee.expression) : callee;
  const imported = ts.isIdentifier(root) ? importsOf(tree).get(root.text) : undefined;
  if (imported === undefined || !/^(?:ioredis|redis|@redis\/client)$/.test(imported.from)) return false;
  return clusters.has(member ?? imported.name);
}

/** `app.register(fastifyRedis, { cluster: … })` */
function registersCluster(tree: ts.SourceFile, node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || memberOf(node.expression) !== 'register') return false;
  const [plugin, options] = node.arguments;
  const isRedis =
    plugin !== undefined &&
    ts.isIdentifier(plugin) &&
    importsOf(tree).get(plugin.text)?.from === '@fastify/redis';
  return isRedis && ['cluster', 'nodes'].some((name) => propertyOf(options, name) !== undefined);
}

function pluginClient(survey: Survey): Client | undefined {
  const [file] = survey.mentioning(/['"]@fastify\/redis['"]/);
  if (file === undefined) return undefined;
  const namespace = namespaceIn(survey, file);
  return {
    expression: namespace === undefined ? 'app.redis' : `app.redis[${printString(namespace)}]`,
    imports: [],
    optional: false,
  };
}

function namespaceIn(survey: Survey, file: RelPath): string | undefined {
  let namespace: string | undefined;
  walk(survey.tree(file), (node) => {
    const isRegister = ts.isCallExpression(node) && memberOf(node.expression) === 'register';
    if (isRegister && /redis/i.test(node.arguments[0]?.getText() ?? ''))
      namespace ??= stringOf(propertyOf(node.arguments[1], 'namespace'));
    return true;
  });
  return namespace;
}

/** `app.decorate('redis', client)` in a file that makes or imports the client. */
function decoratedClient(survey: Survey): Client | undefined {
  for (const file of survey.mentioning(/\.decorate[<(]/)) {
    let name: string | undefined;
    walk(survey.tree(file), (node) => {
      if (!ts.isCallExpression(node) || memberOf(node.expression) !== 'decorate') return true;
      const [key, value] = node.arguments;
      const found = value === undefined ? undefined : survey.names.value(value, file);
      if (found !== undefined && makesClient(survey, found.node, found.file)) name ??= stringOf(key);
      return true;
    });
    if (name === undefined) continue;
    const pattern = typedAsOptional(escapePattern(name));
    const optional = [...survey.files, ...survey.declarations].some((one) => {
      const text = survey.text(one);
      return text.includes('FastifyInstance') && text.includes('declare module') && pattern.test(text);
    });
    return { expression: printMember('app', name), imports: [], optional };
  }
  return undefined;
}

/** `redis?: Redis` and `redis: Redis | undefined` */
function typedAsOptional(name: string): RegExp {
  return new RegExp(`(?<![\\w$])${name}(?:\\?\\s{0,9}:|\\s{0,9}:[^;,\\n]{0,200}\\b(?:undefined|null)\\b)`);
}

/** `export const redis = new Redis(…)` */
function exportedClient(survey: Survey): Client | undefined {
  for (const file of survey.mentioning(/['"](ioredis|redis)['"]/)) {
    for (const statement of survey.tree(file).statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { initializer, name } of statement.declarationList.declarations) {
        if (initializer === undefined || !ts.isIdentifier(name)) continue;
        const bare = unwrap(initializer);
        const isConditional = ts.isConditionalExpression(bare);
        const made = isConditional ? [bare.whenTrue, bare.whenFalse] : [bare];
        if (!made.some((one) => makesClient(survey, unwrap(one), file))) continue;
        const want = importWant(survey, name, file);
        if (want !== undefined) return { expression: name.text, imports: [want], optional: isConditional };
      }
    }
  }
  return undefined;
}

function makesClient(survey: Survey, node: ts.Node, file: RelPath): boolean {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return false;
  const callee = unwrap(node.expression);
  const root = ts.isPropertyAccessExpression(callee) ? unwrap(callee.expression) : callee;
  const from = ts.isIdentifier(root) ? importsOf(survey.tree(file)).get(root.text)?.from : undefined;
  if (isCluster(survey.tree(file), node)) return false;
  if (from === 'ioredis') return ts.isNewExpression(node);
  return from === 'redis' && callee.getText().endsWith('createClient');
}
