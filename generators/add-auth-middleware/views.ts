import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { freePluginName } from '../_engine/edit/register-plugin.ts';
import { importLines, isAutoloaded } from '../_engine/facts/style/place-file.ts';
import { type Destination, readVariable } from '../_engine/edit/declare-variables.ts';
import { importSubject } from '../_engine/edit/env-schema.ts';
import { dependenciesOption, findPluginDependencies } from '../_engine/facts/app/decorations.ts';
import { printString, printStrings } from '../_engine/syntax/print.ts';
import type { LocalVerification } from './local-verification.ts';
import { type MiddlewareNames, usualVerifyPath } from './names.ts';
import type { CarriedClaim } from './verify-route.ts';
import { authentication, kitImport } from './authentication-test.ts';
import type { MiddlewareTestView, MiddlewareView } from './view.ts';

/** The files of the middleware beside its tests. */
export interface MiddlewareFiles {
  readonly middleware: RelPath;
  /** What is not about the names of the service. */
  readonly authentication: RelPath;
  readonly cache: RelPath;
  readonly client: RelPath;
  readonly diagnostics: RelPath;
  readonly guard: RelPath;
  readonly alternatives: RelPath;
  readonly subscriber: RelPath;
  readonly tokenKey: RelPath;
  readonly keySet: RelPath;
  readonly verifier: RelPath;
}

/** What the answers say of the middleware, checked. */
export interface MiddlewareChoices {
  readonly path: string;
  /** Milliseconds; undefined: no cache. */
  readonly cacheTtlMs: number | undefined;
  readonly diagnostics: boolean;
  readonly revocation: boolean;
  readonly defaultUrl: string;
  /** The variable that holds that URL. */
  readonly urlVariable: string;
  /** Undefined: it is not in the repo. */
  readonly auth: Destination | undefined;
  /** The service has @fastify/auth. */
  readonly alternatives: boolean;
  /** The middleware can guard all routes. */
  readonly guardsAll: boolean;
  /** Undefined: only routes with the hook ask for a token. */
  readonly publicRoutes: readonly string[] | undefined;
  /** Undefined: the auth service verifies tokens. */
  readonly local: LocalVerification | undefined;
  /** What the auth service answers beside ID, mail and tenant. */
  readonly carried: readonly CarriedClaim[];
}

export function middlewareView(
  service: Service,
  repo: Repo,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  choices: MiddlewareChoices,
): MiddlewareView {
  const { cacheTtlMs, carried, defaultUrl, guardsAll, publicRoutes, urlVariable } = choices;
  const isListed = publicRoutes !== undefined && isAutoloaded(service, files.middleware);
  return {
    ...names,
    pluginName: freePluginName(service, files.middleware, 'auth-middleware'),
    dependencies: dependenciesOption(followedPlugins(repo, service, files, choices)),
    imports: importLines(service, files.middleware, importsOf(service, files, choices)),
    userType: declaration('AuthenticatedUser', 'VerifiedUser', carried.map(memberOf)),
    optionsType: declaration('AuthMiddlewareOptions', 'AuthenticationOptions', [
      ...(guardsAll ? publicOption(names) : []),
      ...cacheOptions(choices),
    ]),
    defaults: cacheTtlMs === undefined ? '' : ', and `cache` to a ClaimCache of `cacheTtl`',
    autoloaded: isListed ? autoConfig(publicRoutes) : [],
    cache: cacheLines(choices),
    settings: settingsOf(service, choices),
    claims: carried.length === 0 ? '' : `, (answer) => ({ ${carried.map(entryOf).join(', ')} })`,
    decorated: choices.alternatives ? 'throwRefusals(app, authenticate)' : 'authenticate',
    guard: guardsAll ? [guardStatement] : [],
    urlVariable,
    defaultUrl,
  };
}

/** A type with some members more than another, or none. */
function declaration(name: string, base: string, members: readonly string[]): readonly string[] {
  if (members.length === 0) return [`export type ${name} = ${base};`];
  return [`export interface ${name} extends ${base} {`, ...members.map((line) => `  ${line}`), '}'];
}

function memberOf({ name, type }: CarriedClaim): string {
  return `readonly ${name}?: ${orUndefined(type)};`;
}

function entryOf({ name, type }: CarriedClaim): string {
  return `${name}: answer[${printString(name)}]${type === 'unknown' ? '' : ` as ${orUndefined(type)}`}`;
}

function orUndefined(type: string): string {
  return type === 'unknown' ? type : `${type} | undefined`;
}

function autoConfig(publicRoutes: readonly string[]): readonly string[] {
  return [
    '',
    '/** The options that @fastify/autoload registers this plugin with. */',
    'export const autoConfig: AuthMiddlewareOptions = {',
    `  publicRoutes: [${printStrings(publicRoutes)}],`,
    '};',
  ];
}

/** Entries of the settings: what the options leave open. */
function settingsOf(service: Service, choices: MiddlewareChoices): readonly string[] {
  const { cacheTtlMs, defaultUrl, diagnostics, path, urlVariable } = choices;
  const url = readVariable(service, urlVariable);
  const hasDefault = url.imports.length > 0 && service.config.file !== undefined;
  const secret = readVariable(service, 'SERVICE_AUTH_SECRET').expression;
  return [
    `baseUrl: options.baseUrl ?? ${url.expression}${hasDefault ? '' : ` ?? ${printString(defaultUrl)}`}`,
    `serviceSecret: options.serviceSecret ?? ${secret}`,
    ...(path === usualVerifyPath ? [] : [`verifyPath: options.verifyPath ?? ${printString(path)}`]),
    ...(diagnostics ? ['onVerified: options.onVerified ?? tokenVerified'] : []),
    ...(cacheTtlMs === undefined ? [] : ['cache']),
  ];
}

/** The autoloaded plugins of the service that provide what the middleware reads when it is registered. */
function followedPlugins(
  repo: Repo,
  service: Service,
  { middleware }: MiddlewareFiles,
  { revocation, urlVariable }: MiddlewareChoices,
): readonly string[] {
  const variable = (name: string): string => readVariable(service, name).expression;
  return findPluginDependencies(repo, service, middleware, [
    variable(urlVariable),
    variable('SERVICE_AUTH_SECRET'),
    ...(revocation ? [service.redis.client?.expression ?? variable('REDIS_URL')] : []),
  ]);
}

const ttlOption = [
  '/** Milliseconds for which a verified token is not asked about again: a revocation that is missed takes that long. */',
  'cacheTtl?: number;',
];

const subscribeOption = [
  '/** Tells the cache of revoked tokens, and whether of all. Default: as the log of the auth service in Redis has them. */',
  'subscribe?: (cache: ClaimCache<AuthenticatedUser>) => (() => boolean) | undefined;',
];

const guardStatement =
  'if (options.publicRoutes !== undefined) guardRoutes(app, options.publicRoutes, authenticate);';

function publicOption({ decorator }: MiddlewareNames): readonly string[] {
  return [
    `/** Every route asks for a token but these, see guardRoutes. Default: only routes with the \`${decorator}\` hook ask. */`,
    'publicRoutes?: readonly string[];',
  ];
}

function cacheOptions({ cacheTtlMs, revocation }: MiddlewareChoices): readonly string[] {
  if (cacheTtlMs === undefined) return [];
  return revocation ? [...ttlOption, ...subscribeOption] : ttlOption;
}

/** `revocation`: the cache is told of revoked tokens. */
function cacheLines({ cacheTtlMs: ttlMs, revocation }: MiddlewareChoices): readonly string[] {
  if (ttlMs === undefined) return [];
  const revocations = [
    '    keyOf: tokenKey,',
    '    subscribe: options.subscribe ?? ((listener) => subscribeToRevocations(app, listener)),',
  ];
  return [
    'const cache =',
    '  options.cache ??',
    '  new ClaimCache<AuthenticatedUser>({',
    `    ttlMs: options.cacheTtl ?? ${String(ttlMs)},`,
    ...(revocation ? revocations : []),
    '  });',
  ];
}

function importsOf(
  service: Service,
  files: MiddlewareFiles,
  { alternatives, cacheTtlMs, diagnostics, guardsAll, revocation, urlVariable }: MiddlewareChoices,
): readonly ImportWant[] {
  return [
    ...readVariable(service, urlVariable).imports,
    ...readVariable(service, 'SERVICE_AUTH_SECRET').imports,
    { from: 'fastify-plugin', default: 'fp' },
    { from: files.authentication, names: authentication },
    ...(alternatives ? [{ from: files.alternatives, names: ['throwRefusals'] }] : []),
    ...(guardsAll ? [{ from: files.guard, names: ['guardRoutes'] }] : []),
    ...(cacheTtlMs === undefined ? [] : [{ from: files.cache, names: ['ClaimCache'] }]),
    ...(diagnostics ? [{ from: files.diagnostics, names: ['tokenVerified'] }] : []),
    ...(revocation
      ? [
          { from: files.subscriber, names: ['subscribeToRevocations'] },
          { from: files.tokenKey, names: ['tokenKey'] },
        ]
      : []),
  ];
}

/** The tests of the middleware: its own, and those of its optional parts, by what they import beside it. */
export function middlewareTests(
  service: Service,
  files: MiddlewareFiles,
  test: RelPath,
  { cacheTtlMs, diagnostics, guardsAll, revocation }: MiddlewareChoices,
): readonly (readonly [name: string, imports: readonly ImportWant[]])[] {
  return [
    ...(service.layout.shared === undefined
      ? [['auth-middleware', [kitImport(service, test)]] as const]
      : []),
    ...(guardsAll ? [['route-guard', []] as const] : []),
    ...(cacheTtlMs === undefined ? [] : [['auth-cache', []] as const]),
    ...(revocation ? [['auth-revocation', [{ from: files.tokenKey, names: ['tokenKey'] }]] as const] : []),
    ...(diagnostics
      ? [['auth-diagnostics', [{ from: files.diagnostics, names: ['observe'] }]] as const]
      : []),
  ];
}

/** The view of one of them, in `test`. */
export function middlewareTestView(
  service: Service,
  repo: Repo,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  choices: MiddlewareChoices,
  test: RelPath,
  imports: readonly ImportWant[],
): MiddlewareTestView {
  const { path, revocation, urlVariable } = choices;
  const follows = followedPlugins(repo, service, files, choices);
  const subject = {
    ...{ file: files.middleware, value: 'authMiddleware', type: 'AuthMiddlewareOptions' },
    follows,
  };
  return {
    ...names,
    ...importSubject(service, repo, test, subject, imports),
    isolation: `serviceSecret: ''${revocation ? ', subscribe: () => undefined' : ''}`,
    path,
    urlVariable,
  };
}
