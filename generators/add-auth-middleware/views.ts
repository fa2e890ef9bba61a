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
import {
  isByDefault,
  type OptionChoices,
  optionsOf,
  ownOptions,
  secretVariable,
  settingsOf,
} from './middleware-options.ts';
import type { MiddlewareNames } from './names.ts';
import type { CarriedClaim } from './verify-route.ts';
import { kitImport } from './authentication-test.ts';
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
  readonly callers: RelPath;
}

/** What the answers say of the middleware, checked. */
export interface MiddlewareChoices extends OptionChoices {
  /** Undefined: it is not in the repo. */
  readonly auth: Destination | undefined;
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
  const { callers, carried, guardsAll, publicRoutes } = choices;
  // The guard lets in whom the hook of the plugins does.
  const guard = callers.length === 0 ? 'authenticate' : `app.${names.decorator}`;
  const isListed = publicRoutes !== undefined && isAutoloaded(service, files.middleware);
  return {
    ...names,
    pluginName: freePluginName(service, files.middleware, 'auth-middleware'),
    dependencies: dependenciesOption(followedPlugins(repo, service, files, choices)),
    imports: importLines(service, files.middleware, importsOf(service, files, names, choices)),
    types: [
      ...declaration('AuthenticatedUser', 'VerifiedUser', carried.map(memberOf)),
      ...declaration(ownOptions, 'AuthenticationOptions', optionsOf(names, choices)),
    ],
    userType: carried.length === 0 ? "Authentication['user']" : 'AuthenticatedUser | null',
    optionsType: optionsType(names, choices),
    autoloaded: isListed ? autoConfig(publicRoutes) : [],
    ...settingsOf(service, choices),
    names: argumentsOf(names, choices),
    result: guardsAll && callers.length === 0 ? 'const { authenticate } = ' : '',
    guard: guardsAll ? [guardStatement(guard)] : [],
  };
}

function optionsType(names: MiddlewareNames, choices: MiddlewareChoices): string {
  return optionsOf(names, choices).length === 0 ? "Authentication['options']" : ownOptions;
}

/** A type with some members more than another, and an empty line; [] for none. */
function declaration(name: string, base: string, members: readonly string[]): readonly string[] {
  if (members.length === 0) return [];
  return [`export interface ${name} extends ${base} {`, ...members.map((line) => `  ${line}`), '}', ''];
}

/** Names and claims that are not the usual ones, as further arguments. */
function argumentsOf(
  { correlationMember, decorator, userMember }: MiddlewareNames,
  { carried, urlVariable }: MiddlewareChoices,
): string {
  const names = [
    ['user', userMember, 'user'],
    ['correlationId', correlationMember, 'correlationId'],
    ['authenticate', decorator, 'authenticate'],
    ['url', urlVariable, 'AUTH_SERVICE_URL'],
  ] as const;
  const own = names.flatMap(([key, name, usual]) => (name === usual ? [] : [`${key}: ${printString(name)}`]));
  const claims = carried.length === 0 ? [] : [`(answer) => ({ ${carried.map(entryOf).join(', ')} })`];
  if (own.length === 0 && claims.length === 0) return '';
  return ['', own.length === 0 ? '{}' : `{ ${own.join(', ')} }`, ...claims].join(', ');
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
    `export const autoConfig: ${ownOptions} = {`,
    `  publicRoutes: [${printStrings(publicRoutes)}],`,
    '};',
  ];
}

/** The autoloaded plugins of the service that provide what the middleware reads when it is registered. */
function followedPlugins(
  repo: Repo,
  service: Service,
  { middleware }: MiddlewareFiles,
  { callers, revocation, urlVariable }: MiddlewareChoices,
): readonly string[] {
  const variable = (name: string): string => readVariable(service, name).expression;
  return findPluginDependencies(repo, service, middleware, [
    ...[urlVariable, secretVariable, ...callers.map((caller) => caller.variable)].map(variable),
    ...(revocation ? [service.redis.client?.expression ?? variable('REDIS_URL')] : []),
  ]);
}

function guardStatement(hook: string): string {
  return `if (options.publicRoutes !== undefined) guardRoutes(app, options.publicRoutes, ${hook});`;
}

function importsOf(
  service: Service,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  choices: MiddlewareChoices,
): readonly ImportWant[] {
  const { alternatives, cacheTtlMs, callers, carried, diagnostics, guardsAll, revocation, urlVariable } =
    choices;
  const secret = readVariable(service, secretVariable);
  return [
    ...[urlVariable, ...callers.map(({ variable }) => variable)].flatMap(
      (variable) => readVariable(service, variable).imports,
    ),
    ...(isByDefault(secret.expression) ? [] : secret.imports),
    { from: 'fastify-plugin', default: 'fp' },
    {
      from: files.authentication,
      names: [
        'type Authentication',
        ...(optionsOf(names, choices).length === 0 ? [] : ['type AuthenticationOptions']),
        'connectAuthService',
        ...(carried.length === 0 && cacheTtlMs === undefined ? [] : ['type VerifiedUser']),
      ],
    },
    ...(alternatives ? [{ from: files.alternatives, names: ['throwRefusals'] }] : []),
    ...(guardsAll ? [{ from: files.guard, names: ['guardRoutes'] }] : []),
    ...(callers.length === 0 ? [] : [{ from: files.callers, names: ['acceptServices'] }]),
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
  const isOwn = optionsOf(names, choices).length > 0;
  const subject = {
    file: files.middleware,
    value: 'authMiddleware',
    ...(isOwn && { type: ownOptions }),
    follows: followedPlugins(repo, service, files, choices),
  };
  const usual = { from: files.authentication, names: ['Authentication'], typeOnly: true };
  return {
    ...names,
    ...importSubject(service, repo, test, subject, [...(isOwn ? [] : [usual]), ...imports]),
    optionsType: optionsType(names, choices),
    isolation: `serviceSecret: ''${revocation ? ', subscribe: () => undefined' : ''}`,
    path,
    urlVariable,
  };
}
