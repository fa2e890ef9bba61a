import type { RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { RedisFact, Service } from '../model/service.ts';
import { exportedWant } from '../program/outside-reads.ts';
import type { Survey } from '../program/survey.ts';
import { manifestsAbove } from '../repo/manifest.ts';
import { callsIn, invocationsIn } from '../syntax/calls.ts';
import { memberOf, propertyOf, stringOf, unwrap } from '../syntax/expressions.ts';
import { importedBy, topLevelVariables } from '../syntax/symbols.ts';
import { escapePattern, printMember, printString } from '../syntax/print.ts';
import { placeOf, ts, walk } from '../syntax/tree.ts';

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
  for (const path of survey.filesMatching(/['"](?:@fastify\/redis|ioredis|redis|@redis\/client)['"]/)) {
    const found = invocationsIn(survey.tree(path)).find(
      (node) => makesCluster(node) || registersCluster(node),
    );
    if (found === undefined) continue;
    const [made = ''] = found.getText().split(/[(<]/u, 1);
    return { ...placeOf(found, path), made };
  }
  return undefined;
}

/** `new Cluster(…)`, `new Redis.Cluster(…)`, `createCluster(…)`, `createSentinel(…)`, by whatever name it is imported. */
function makesCluster(node: ts.Node): boolean {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return false;
  const made = importedBy(node.expression, 'ioredis', 'redis', '@redis/client');
  return made !== undefined && clusters.has(made.name);
}

/** `app.register(fastifyRedis, { cluster: … })` */
function registersCluster(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || memberOf(node.expression) !== 'register') return false;
  const [plugin, options] = node.arguments;
  const isRedis = plugin !== undefined && importedBy(plugin, '@fastify/redis') !== undefined;
  return isRedis && ['cluster', 'nodes'].some((name) => propertyOf(options, name) !== undefined);
}

function pluginClient(survey: Survey): Client | undefined {
  const [file] = survey.filesMatching(/['"]@fastify\/redis['"]/);
  if (file === undefined) return undefined;
  const namespace = namespaceIn(survey, file);
  const optional = isSkipped(survey, file, /\.register\(/);
  return {
    expression: namespace === undefined ? 'app.redis' : `app.redis[${printString(namespace)}]`,
    imports: [],
    optional,
  };
}

/**
 * Whether the call that makes the client is only made in some environments: in a branch, in a try block, or behind a
 * statement that returns.
 */
function isSkipped(survey: Survey, file: RelPath, made: RegExp): boolean {
  return callsIn(survey.tree(file)).some((call) => {
    if (!made.test(call.getText()) || !/redis/i.test(call.arguments[0]?.getText() ?? '')) return false;
    const owner = ts.findAncestor(call.parent, (at) => ts.isFunctionLike(at) || isBranch(at));
    return owner !== undefined && (isBranch(owner) || returnsBefore(owner, call));
  });
}

function isBranch(node: ts.Node): boolean {
  const isAnd =
    ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
  return isAnd || ts.isIfStatement(node) || ts.isConditionalExpression(node) || ts.isTryStatement(node);
}

function returnsBefore(owner: ts.Node, call: ts.Node): boolean {
  let found = false;
  walk(owner, (node) => {
    if (node !== owner && ts.isFunctionLike(node)) return false;
    const isEarlier = node.getEnd() <= call.getStart();
    if (isEarlier && ts.isIfStatement(node) && /\breturn\b/.test(node.thenStatement.getText())) found = true;
    return !found;
  });
  return found;
}

function namespaceIn(survey: Survey, file: RelPath): string | undefined {
  return callsIn(survey.tree(file), 'register')
    .filter(({ arguments: [plugin] }) => /redis/i.test(plugin?.getText() ?? ''))
    .map(({ arguments: [, options] }) => stringOf(propertyOf(options, 'namespace')))
    .find((name) => name !== undefined);
}

/** `app.decorate('redis', client)` in a file that makes or imports the client. */
function decoratedClient(survey: Survey): Client | undefined {
  for (const file of survey.filesMatching(/\.decorate[<(]/)) {
    const call = callsIn(survey.tree(file), 'decorate').find(({ arguments: [key, value] }) => {
      const found = value === undefined ? undefined : survey.names.value(value, file);
      return found !== undefined && makesClient(found.node) && stringOf(key) !== undefined;
    });
    const name = stringOf(call?.arguments[0]);
    if (name === undefined) continue;
    const pattern = typedAsOptional(escapePattern(name));
    const optional = [...survey.files, ...survey.declarations].some((one) => {
      const text = survey.text(one);
      return text.includes('FastifyInstance') && text.includes('declare module') && pattern.test(text);
    });
    const isOptional = optional || isSkipped(survey, file, /\.decorate[<(]/);
    return { expression: printMember('app', name), imports: [], optional: isOptional };
  }
  return undefined;
}

/** `redis?: Redis` and `redis: Redis | undefined` */
function typedAsOptional(name: string): RegExp {
  return new RegExp(`(?<![\\w$])${name}(?:\\?\\s{0,9}:|\\s{0,9}:[^;,\\n]{0,200}\\b(?:undefined|null)\\b)`);
}

/** `export const redis = new Redis(…)` */
function exportedClient(survey: Survey): Client | undefined {
  for (const file of survey.filesMatching(/['"](ioredis|redis)['"]/)) {
    for (const { initializer, name } of topLevelVariables(survey.tree(file))) {
      if (initializer === undefined || !ts.isIdentifier(name)) continue;
      const bare = unwrap(initializer);
      const isConditional = ts.isConditionalExpression(bare);
      const made = isConditional ? [bare.whenTrue, bare.whenFalse] : [bare];
      const want = made.some((one) => makesClient(unwrap(one))) && exportedWant(survey, name.text, file);
      if (want) return { expression: name.text, imports: [want], optional: isConditional };
    }
  }
  return undefined;
}

function makesClient(node: ts.Node): boolean {
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return false;
  if (makesCluster(node)) return false;
  const made = importedBy(node.expression, 'ioredis', 'redis');
  return made?.from === 'ioredis'
    ? ts.isNewExpression(node)
    : made?.from === 'redis' && made.name === 'createClient';
}

/** npm allows no longer name. */
const maxNameLength = 214;

/**
 * What a service's keys and channels in Redis are named by, so that two products on one Redis stay apart: the package
 * names of the workspace and the service, `acme/auth-service`. Only characters that mean nothing in a string literal,
 * in a glob pattern of Redis or in an ACL.
 */
export function redisScope(repo: Repo, { dir, name }: Pick<Service, 'dir' | 'name'>): string {
  const above = manifestsAbove(repo, dir)
    .map(({ json }) => json['name'])
    .filter((one) => typeof one === 'string' && one !== '');
  const names = [...new Set([name, ...(above as string[])])].reverse();
  return names.map((one) => one.slice(0, maxNameLength).replaceAll(/[^\w@./~-]+/g, '-')).join('/');
}
