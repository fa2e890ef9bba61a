import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { freePluginName } from '../_engine/edit/register-plugin.ts';
import { importLines, isAutoloaded } from '../_engine/facts/style/place-file.ts';
import { type Destination, readVariable } from '../_engine/edit/declare-variables.ts';
import { importSubject } from '../_engine/edit/env-schema.ts';
import { testKitImport } from '../_engine/edit/test-kit.ts';
import { printString, printStrings } from '../_engine/syntax/print.ts';
import type { LocalVerification } from './local-verification.ts';
import type { MiddlewareNames } from './names.ts';
import type { CarriedClaim } from './verify-route.ts';
import type { MiddlewareTestView, MiddlewareView, SharedMiddlewareView } from './view.ts';

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

const authentication = [
  'type Authentication',
  'type AuthenticationOptions',
  'connectAuthService',
  'type VerifiedUser',
];
const client = ['ServiceClient', 'ServiceClientError', 'type ServiceClientOptions'];

export function middlewareView(
  service: Service,
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

/** The view of a middleware that has its names alone. */
export function sharedMiddlewareView(view: MiddlewareView, choices: MiddlewareChoices): SharedMiddlewareView {
  const { cacheTtlMs, carried, diagnostics, path } = choices;
  const entries = carried.map(
    ({ name, type }) =>
      `${name}: answer[${printString(name)}]${type === 'unknown' ? '' : ` as ${orUndefined(type)}`}`,
  );
  const settings = [
    `baseUrl: ${view.urlExpression}`,
    `serviceSecret: ${view.secretExpression}`,
    ...(path === usualVerifyPath ? [] : [`verifyPath: ${printString(path)}`]),
    ...(diagnostics ? ['onVerified: tokenVerified'] : []),
  ];
  const options = view.partOptions.map(({ declaration, does }) => [`/** ${does} */`, `${declaration};`]);
  return {
    ...view,
    cache: cacheTtlMs === undefined ? [] : view.cache,
    userType: declaration('AuthenticatedUser', 'VerifiedUser', [view.carriedTypes.map((line) => `${line};`)]),
    optionsType: declaration('AuthMiddlewareOptions', 'AuthenticationOptions<AuthenticatedUser>', options),
    autoloaded: view.autoConfig
      ? ['', `export const autoConfig: AuthMiddlewareOptions = { publicRoutes: [${view.publicRoutes}] };`]
      : [],
    settings: settings.join(', '),
    more: cacheTtlMs === undefined ? '' : ', cache',
    claims: entries.length === 0 ? '' : `, (answer) => ({ ${entries.join(', ')} })`,
  };
}

/** A type with some members more than another, or none. */
function declaration(name: string, base: string, members: readonly (readonly string[])[]): readonly string[] {
  const lines = members.flat();
  if (lines.length === 0) return [`export type ${name} = ${base};`];
  return [`export interface ${name} extends ${base} {`, ...lines.map((line) => `  ${line}`), '}'];
}

const usualVerifyPath = '/auth/verify';

function orUndefined(type: string): string {
  return type === 'unknown' ? type : `${type} | undefined`;
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

function kitImport(service: Service, test: RelPath): ImportWant {
  return testKitImport(service, test, 'type Answer', 'hangUp', 'json', 'silence', 'StubServer');
}

/** The view of the test of what services share, in `test`: with the usual names. */
export function authenticationTestView(service: Service, file: RelPath, test: RelPath): MiddlewareTestView {
  return {
    imports: importLines(service, test, [
      { from: 'fastify-plugin', default: 'fp' },
      { from: file, names: authentication },
      kitImport(service, test),
    ]),
    setUp: sampleMiddleware,
    isolation: "serviceSecret: ''",
    path: usualVerifyPath,
    urlVariable: 'AUTH_SERVICE_URL',
    userMember: 'user',
    correlationMember: 'correlationId',
    decorator: 'authenticate',
  };
}

const sampleMiddleware = `
declare module 'fastify' {
  interface FastifyInstance {
    authenticate: Authentication['authenticate'];
    authServiceClient: Authentication['client'];
  }
  interface FastifyRequest {
    user: VerifiedUser | null;
    correlationId: string;
  }
}

type AuthMiddlewareOptions = AuthenticationOptions;

/** As a service has it. */
const authMiddleware = fp<AuthMiddlewareOptions>(async (app, options) => {
  app.decorateRequest('correlationId', '');
  app.decorateRequest('user', null);
  const names = { user: 'user', correlationId: 'correlationId', url: 'AUTH_SERVICE_URL' };
  const settings = { baseUrl: auth.origin, ...options };
  const { authenticate, client } = await connectAuthService(app, settings, names);
  app.decorate('authenticate', authenticate);
  app.decorate('authServiceClient', client);
});`.split('\n');

/** The view of one of them, in `test`. */
export function middlewareTestView(
  service: Service,
  repo: Repo,
  { middleware }: MiddlewareFiles,
  names: MiddlewareNames,
  { path, revocation, urlVariable }: MiddlewareChoices,
  test: RelPath,
  imports: readonly ImportWant[],
): MiddlewareTestView {
  const subject = { file: middleware, value: 'authMiddleware', type: 'AuthMiddlewareOptions' };
  return {
    ...names,
    ...importSubject(service, repo, test, subject, imports),
    isolation: `serviceSecret: ''${revocation ? ', subscribe: () => undefined' : ''}`,
    path,
    urlVariable,
  };
}
