import type { RelPath } from '../../model/paths.ts';
import type { Member, PluginNamesFact, Service } from '../../model/service.ts';
import { declaredMembers, membersOfRequestTypes, middlewareMembers } from './declared-members.ts';
import { siblingsOf } from './siblings.ts';
import { placeOf, ts, walk } from '../../syntax/tree.ts';
import {
  isAssignment,
  isFunctionNode,
  keyOf,
  memberOf,
  propertyOf,
  stringOf,
} from '../../syntax/expressions.ts';
import { isFastifyPlugin } from '../../program/plugin-functions.ts';
import { openSurvey, type Survey } from '../../program/survey.ts';
import { callsIn } from '../../syntax/calls.ts';
import { isIdentifier, printStrings } from '../../syntax/print.ts';
import type { AutoloadFact } from '../../model/app-facts.ts';
import type { Repo } from '../../model/repo.ts';
import { importedBy } from '../../syntax/symbols.ts';

/** The names given to `instance.decorate(…)` anywhere in the service or in packages of the repo that it uses, and those that well-known plugins and our auth middleware take. */
export function findDecorators(survey: Survey): readonly Member[] {
  return withSiblings(survey).flatMap((one) => [
    ...byPackages(one, 'decorates'),
    ...decorated(one, 'decorate'),
    ...middlewareMembers(one),
  ]);
}

function withSiblings(survey: Survey): readonly Survey[] {
  return [survey, ...siblingsOf(survey)];
}

/** What well-known plugins put there. */
function byPackages({ head }: Survey, where: 'decorates' | 'decoratesRequest'): readonly Member[] {
  return Object.keys(head.manifest.dependencies).flatMap((name) =>
    (knownPlugins.get(name)?.[where] ?? []).map((member) => ({ name: member })),
  );
}

/** Names on FastifyRequest that are taken: declared there or by a type that extends it, decorated, or by a well-known plugin, as `user` is by @fastify/jwt. */
export function findRequestDecorations(survey: Survey): readonly Member[] {
  return withSiblings(survey).flatMap((one) => {
    const files = [...one.filesMatching(/\bFastifyRequest\b/), ...one.declarations];
    return [
      ...byPackages(one, 'decoratesRequest'),
      ...declaredMembers(one, files, 'FastifyRequest'),
      ...membersOfRequestTypes(one, files),
      ...decorated(one, 'decorateRequest'),
    ];
  });
}

function decorated(survey: Survey, method: 'decorate' | 'decorateRequest'): readonly Member[] {
  return survey.filesMatching(/\.decorate/).flatMap((file) =>
    callsIn(survey.tree(file), method).flatMap((call): readonly Member[] => {
      const name = stringOf(call.arguments[0]);
      return name === undefined ? [] : [{ name, at: placeOf(call, file) }];
    }),
  );
}

/** The member of the request that our auth middleware puts the user on; undefined where it is not there. */
export function findUserMember({ decorators, requestDecorations }: Service): string | undefined {
  const middleware = decorators.find(({ name }) => name === 'authServiceClient')?.at?.path;
  const own = requestDecorations.filter(({ at }) => at !== undefined && at.path === middleware);
  // It goes into generated code after a dot: a name of another kind is not ours.
  return own.find(({ name }) => isIdentifier(name) && !/correlationId$/i.test(name))?.name;
}

const concernsPlugins = /plugin|fastify|autoload|\bfp\b/i;

/**
 * The names that plugins of a service have for fastify-plugin. @fastify/autoload keeps one plugin for each name, so
 * every `name` that a file about plugins gives to anything counts: one too many costs nothing.
 */
export function findPluginNames(survey: Survey, autoload: readonly AutoloadFact[]): PluginNamesFact {
  const isLoaded = (path: RelPath): boolean => autoload.some(({ dir }) => path.startsWith(`${dir}/`));
  const files = [...survey.files, ...survey.scripts].filter((path) => {
    const text = survey.text(path);
    return isLoaded(path) || (/\bname\b/.test(text) && concernsPlugins.test(text));
  });
  const names = files.flatMap((path) => namesIn(survey, path));
  const hidden = [
    ...names.flatMap(({ at, name }) => (name === undefined ? [at] : [])),
    ...files.filter((path) => isLoaded(path) && isForeign(survey, path)).map((path) => ({ path })),
  ];
  return {
    taken: names.flatMap(({ at, name }) => (name === undefined ? [] : [{ name, at }])),
    ...(hidden[0] !== undefined && { hidden: hidden[0] }),
  };
}

/** A name that cannot be read is undefined. */
type NameFound = Readonly<{ name: string | undefined; at: { path: RelPath; line: number } }>;

function namesIn(survey: Survey, path: RelPath): readonly NameFound[] {
  const found: NameFound[] = [];
  const add = (node: ts.Node, name: string | undefined): void => {
    found.push({ name, at: placeOf(node, path) });
  };
  walk(survey.tree(path), (node) => {
    const value = valueOfName(node);
    if (value !== undefined) {
      const text = survey.names.textOf(value, path);
      if (text !== undefined || isOfPlugin(node)) add(node, text);
    }
    if (ts.isCallExpression(node) && isFastifyPlugin(node.expression) && hasHiddenOptions(survey, node, path))
      add(node, undefined);
    return true;
  });
  return found;
}

/** The value of the property `name`, or the one assigned to a member of that name. */
function valueOfName(node: ts.Node): ts.Expression | undefined {
  if (ts.isPropertyAssignment(node)) return keyOf(node.name) === 'name' ? node.initializer : undefined;
  if (ts.isShorthandPropertyAssignment(node)) return node.name.text === 'name' ? node.name : undefined;
  return isAssignment(node) && memberOf(node.left) === 'name' ? node.right : undefined;
}

/** In the options of a call of fastify-plugin. */
function isOfPlugin({ parent }: ts.Node): boolean {
  if (!ts.isObjectLiteralExpression(parent) || !ts.isCallExpression(parent.parent)) return false;
  return isFastifyPlugin(parent.parent.expression);
}

/** Options that are put together elsewhere may have any name. */
function hasHiddenOptions(survey: Survey, { arguments: given }: ts.CallExpression, path: RelPath): boolean {
  const [, options] = given;
  if (options === undefined || survey.names.textOf(options, path) !== undefined) return false;
  const found = survey.names.objectOf(options, path);
  if (found === undefined) return true;
  return found.node.properties.some((one) => ts.isSpreadAssignment(one) || keyOf(one.name) === undefined);
}

/** An autoloaded file whose plugin is made in another package: its name is written there. */
function isForeign(survey: Survey, path: RelPath): boolean {
  const tree = survey.tree(path);
  const isShown = tree.statements.some((one) => ts.isExportAssignment(one) || ts.isExportDeclaration(one));
  const found = survey.names.exported(path, 'default');
  if (found === undefined) return isShown || /\bmodule\.exports\s*=\s*require\(/.test(survey.text(path));
  if (isFunctionNode(found.node)) return false;
  if (!ts.isCallExpression(found.node)) return !ts.isObjectLiteralExpression(found.node);
  return !isFastifyPlugin(found.node.expression);
}

/** What a package's plugin adds to an application, which its import alone does not show. */
interface KnownPlugin {
  /** Members that it puts on the instance. */
  readonly decorates?: readonly string[];
  /** Members that it puts on each request. */
  readonly decoratesRequest?: readonly string[];
}

const jwks = {
  decorates: ['authenticate', 'jwt'],
  decoratesRequest: ['user', 'jwtVerify', 'jwtDecode'],
} as const;
const swagger = { decorates: ['swagger'] } as const;

/** Plugins by the specifier that they are imported by. What depends on a name in the options is not in it. */
const knownPlugins: ReadonlyMap<string, KnownPlugin> = new Map<string, KnownPlugin>([
  ['@autotelic/fastify-opentelemetry', { decoratesRequest: ['openTelemetry'] }],
  ['@fastify/auth', { decorates: ['auth'] }],
  ['@fastify/awilix', { decorates: ['diContainer'], decoratesRequest: ['diScope'] }],
  ['@fastify/basic-auth', { decorates: ['basicAuth'] }],
  ['@fastify/bearer-auth', { decorates: ['verifyBearerAuth', 'verifyBearerAuthFactory'] }],
  ['@fastify/circuit-breaker', { decorates: ['circuitBreaker'] }],
  [
    '@fastify/cookie',
    {
      decorates: ['parseCookie', 'serializeCookie', 'signCookie', 'unsignCookie'],
      decoratesRequest: ['cookies', 'signCookie', 'unsignCookie'],
    },
  ],
  ['@fastify/csrf-protection', { decorates: ['csrfProtection'] }],
  ['@fastify/jwt', { decorates: ['jwt'], decoratesRequest: ['user', 'jwtVerify', 'jwtDecode'] }],
  ['@fastify/mongodb', { decorates: ['mongo'] }],
  ['@fastify/mysql', { decorates: ['mysql'] }],
  [
    '@fastify/passport',
    {
      decoratesRequest: [
        ...['user', 'passport', 'logIn', 'login', 'logOut', 'logout', 'isAuthenticated', 'isUnauthenticated'],
      ],
    },
  ],
  ['@fastify/postgres', { decorates: ['pg'] }],
  ['@fastify/rate-limit', { decorates: ['rateLimit', 'createRateLimit'] }],
  ['@fastify/redis', { decorates: ['redis'] }],
  ['@fastify/request-context', { decorates: ['requestContext'], decoratesRequest: ['requestContext'] }],
  ['@fastify/secure-session', { decoratesRequest: ['session'] }],
  ['@fastify/sensible', { decorates: ['httpErrors', 'assert', 'to'], decoratesRequest: ['forwarded', 'is'] }],
  ['@fastify/session', { decoratesRequest: ['session', 'sessionStore'] }],
  ['@fastify/swagger', swagger],
  [
    '@fastify/under-pressure',
    {
      decorates: ['memoryUsage', 'isUnderPressure'],
    },
  ],
  ['@fastify/view', { decorates: ['view'] }],
  ['@fastify/websocket', { decorates: ['websocketServer', 'injectWS'], decoratesRequest: ['ws'] }],
  ['fastify-auth0-verify', jwks],
  ['fastify-jwt-jwks', jwks],
  [
    'fastify-metrics',
    {
      decorates: ['metrics'],
    },
  ],
  ['fastify-socket.io', { decorates: ['io'] }],
  ['fastify-swagger', swagger],
]);

/** Packages whose plugin decorates the instance with what plugins read. */
const decorating: Readonly<Record<string, RegExp>> = {
  redis: /^(?:@fastify\/|fastify-)redis$/,
  config: /^(?:@fastify\/|fastify-)env$/,
  env: /^(?:@fastify\/|fastify-)env$/,
  jwt: /^(?:@fastify\/|fastify-)jwt$/,
};

/**
 * The names, for fastify-plugin, of the autoloaded plugins that an autoloaded plugin `own` has to follow, because they
 * provide what its `expressions` read. @fastify/autoload loads a folder by file name unless a plugin has dependencies. A
 * plugin without a name, or of a folder that is loaded later, cannot be depended on.
 */
export function findPluginDependencies(
  repo: Repo,
  service: Service,
  own: RelPath,
  expressions: readonly (string | undefined)[],
): readonly string[] {
  const folder = service.app.autoload.find(({ dir }) => own.startsWith(`${dir}/`));
  const reads = expressions.flatMap((one) => readBy(one ?? ''));
  if (folder === undefined || reads.length === 0) return [];
  const survey = openSurvey(repo, service);
  const names = folder.loads
    .filter((path) => path !== own && !/\bautoload\b/.test(survey.text(path)))
    .filter((path) => reads.some((name) => provides(survey, path, name)))
    .flatMap((path) => nameOf(survey, path) ?? []);
  return [...new Set(names)].toSorted();
}

/** `redis` of `app.redis`, `config` of `(app.config.URL ?? '')`; `env` of `process.env`, which @fastify/env fills from a file. */
function readBy(expression: string): readonly string[] {
  if (/^\(?process\.env\b/.test(expression)) return ['env'];
  return /^\(?app\.(\w+)/.exec(expression)?.slice(1) ?? [];
}

/** The member of the options of fastify-plugin, after others; empty for none. */
export function dependenciesOption(names: readonly string[]): string {
  return names.length === 0 ? '' : `, dependencies: [${printStrings(names)}]`;
}

function provides(survey: Survey, path: RelPath, name: string): boolean {
  const from = Object.hasOwn(decorating, name) ? decorating[name] : undefined;
  return callsIn(survey.tree(path)).some(({ arguments: [first], expression }) => {
    const member = memberOf(expression);
    if (member === 'decorate') return stringOf(first) === name;
    const isRegistered = member === 'register' && first !== undefined;
    return isRegistered && from?.test(importedBy(first)?.from ?? '') === true;
  });
}

function nameOf(survey: Survey, path: RelPath): string | undefined {
  const found = survey.names.exported(path, 'default');
  if (found === undefined || !ts.isCallExpression(found.node)) return undefined;
  const { arguments: given, expression } = found.node;
  if (!isFastifyPlugin(expression)) return undefined;
  const options = given[1] && survey.names.value(given[1], found.file);
  if (options === undefined || !ts.isExpression(options.node)) return undefined;
  return survey.names.textOf(propertyOf(options.node, 'name'), options.file);
}
