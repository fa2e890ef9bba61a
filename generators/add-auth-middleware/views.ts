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
import type { MiddlewareNames } from './names.ts';
import type { CarriedClaim } from './verify-route.ts';
import { authentication, kitImport, orUndefined } from './shared-views.ts';
import type { MiddlewareTestView, MiddlewareView } from './view.ts';

/** The files of the middleware beside its tests. */
export interface MiddlewareFiles {
  readonly middleware: RelPath;
  /** Present where it is in a package that the service shares. */
  readonly authentication: RelPath | undefined;
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

const client = ['ServiceClient', 'ServiceClientError', 'type ServiceClientOptions'];

export function middlewareView(
  service: Service,
  repo: Repo,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  choices: MiddlewareChoices,
): MiddlewareView {
  const { path, carried, diagnostics, guardsAll, defaultUrl, publicRoutes, urlVariable } = choices;
  const url = readVariable(service, urlVariable);
  const secret = readVariable(service, 'SERVICE_AUTH_SECRET');
  const hasDefault = url.imports.length > 0 && service.config.file !== undefined;
  return {
    ...names,
    pluginName: freePluginName(service, files.middleware, 'auth-middleware'),
    dependencies: dependenciesOption(followedPlugins(repo, service, files, choices)),
    imports: importLines(service, files.middleware, [
      ...url.imports,
      ...secret.imports,
      ...importsOf(files, choices),
    ]),
    ...cacheView(choices),
    partOptions: [...(guardsAll ? [publicOption(names)] : []), ...cacheOptions(choices)],
    decorated: choices.alternatives ? 'throwRefusals(app, authenticate)' : 'authenticate',
    guard: guardsAll ? [guardStatement] : [],
    observer: diagnostics ? '(options.onVerified ?? tokenVerified)' : 'options.onVerified?.',
    observerDefault: diagnostics ? 'publishes it as `auth:verified`' : 'none',
    urlVariable,
    urlExpression: hasDefault ? url.expression : `${url.expression} ?? ${printString(defaultUrl)}`,
    secretExpression: secret.expression,
    defaultUrl,
    path,
    carriedTypes: carried.map(({ name, type }) => `readonly ${name}?: ${orUndefined(type)}`),
    carried: carried
      .map(
        ({ name, type }) =>
          `, ${name}: answer[${printString(name)}]${type === 'unknown' ? '' : ` as ${orUndefined(type)}`}`,
      )
      .join(''),
    autoConfig: publicRoutes !== undefined && isAutoloaded(service, files.middleware),
    publicRoutes: printStrings(publicRoutes ?? []),
  };
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

const ttlOption = {
  does: 'Milliseconds for which a verified token is not asked about again: a revocation that is missed takes that long.',
  declaration: 'cacheTtl?: number',
} as const;

const subscribeOption = {
  does: 'Tells the cache of revoked tokens. Default: as the auth service publishes them in Redis.',
  declaration: 'subscribe?: (cache: ClaimCache<AuthenticatedUser>) => void',
} as const;

const guardStatement =
  'if (options.publicRoutes !== undefined) guardRoutes(app, options.publicRoutes, authenticate);';

function publicOption({ decorator }: MiddlewareNames): MiddlewareView['partOptions'][number] {
  return {
    does: `Every route asks for a token but these, see guardRoutes. Default: only routes with the \`${decorator}\` hook ask.`,
    declaration: 'publicRoutes?: readonly string[]',
  };
}

function cacheOptions({ cacheTtlMs, revocation }: MiddlewareChoices): MiddlewareView['partOptions'] {
  if (cacheTtlMs === undefined) return [];
  return revocation ? [ttlOption, subscribeOption] : [ttlOption];
}

/** `revocation`: the cache is told of revoked tokens. */
function cacheView({
  cacheTtlMs: ttlMs,
  revocation,
}: MiddlewareChoices): Pick<MiddlewareView, 'cache' | 'cacheDefault'> {
  if (ttlMs === undefined)
    return {
      cache: ['const { cache } = options;'],
      cacheDefault: 'none, and each token is asked about each time',
    };
  const revocations = [
    '    keyOf: tokenKey,',
    '    subscribe:',
    '      options.subscribe ??',
    '      ((listener) => {',
    '        subscribeToRevocations(app, listener);',
    '      }),',
  ];
  return {
    cache: [
      'const cache =',
      '  options.cache ??',
      '  new ClaimCache<AuthenticatedUser>({',
      `    ttlMs: options.cacheTtl ?? ${String(ttlMs)},`,
      ...(revocation ? revocations : []),
      '  });',
    ],
    cacheDefault: 'a ClaimCache of `cacheTtl`',
  };
}

function importsOf(
  files: MiddlewareFiles,
  { alternatives, cacheTtlMs, diagnostics, guardsAll, revocation }: MiddlewareChoices,
): readonly ImportWant[] {
  const fastify = ['FastifyBaseLogger', 'FastifyInstance', 'FastifyReply', 'FastifyRequest'];
  const core: readonly ImportWant[] =
    files.authentication === undefined
      ? [
          { from: 'fastify', names: fastify, typeOnly: true },
          { from: files.client, names: client },
        ]
      : [{ from: files.authentication, names: authentication }];
  return [
    { from: 'fastify-plugin', default: 'fp' },
    ...core,
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
    ...(files.authentication === undefined ? [['auth-middleware', [kitImport(service, test)]] as const] : []),
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
