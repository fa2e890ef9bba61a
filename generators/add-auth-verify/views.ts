import { readVariable } from '../_engine/edit/declare-variables.ts';
import { redisConnection } from '../_engine/edit/redis-connection.ts';
import { dependenciesOption, findPluginDependencies } from '../_engine/facts/app/decorations.ts';
import { redisScope } from '../_engine/facts/redis.ts';
import { importLines } from '../_engine/facts/style/place-file.ts';
import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { printString } from '../_engine/syntax/print.ts';
import { secretView, signingSecret, verifierArguments } from './connection-views.ts';
import type { VerifyFiles } from './files.ts';
import { identityView } from './identity-view.ts';
import { usesMemory } from './modules.ts';
import { keysImports, keysView } from './signing-keys.ts';
import { purposeCondition, type TokenPolicy } from './token-policy.ts';
import type { Blacklist, VerifyChoices, VerifyView } from './view.ts';

const connection = {
  use: 'token denylist',
  options: 'FAIL_FAST',
  settings: 'disableOfflineQueue: true',
  names: ['FAIL_FAST'],
} as const;

export function verifyView(
  repo: Repo,
  service: Service,
  files: VerifyFiles,
  choices: VerifyChoices,
  policy: TokenPolicy,
): Omit<VerifyView, 'pluginName'> {
  const { path, blacklist, publishes } = choices;
  const redis = redisConnection(service, blacklist === 'redis', connection);
  const serviceSecret = readVariable(service, 'SERVICE_AUTH_SECRET');
  const prefix = printString(`token-blacklist:${redisScope(repo, service)}:`);
  const store = `createRedisStore(client, ${prefix})`;
  const wants: readonly ImportWant[] = [
    ...readImports(service, policy),
    ...redis.imports,
    ...partImports(service, files, choices, policy),
    ...fastifyTypes(service, redis.redis),
  ];
  return {
    ...redis,
    imports: importLines(service, files.plugin, wants),
    path,
    dependencies: dependenciesOption(followedPlugins(repo, service, files, blacklist)),
    fastifyMajor: service.fastifyMajor,
    plainSchemas: service.plainSchemas,
    routeOptions: routeOptionsOf(service),
    blacklist: blacklist !== 'none',
    storeDefault: storeDefault(blacklist, redis.redisMayMiss),
    store: blacklist === 'redis' ? 'createStore(app)' : 'createMemoryStore()',
    redisStore: publishes ? `publishRevocations(${store}, logConnection(client), client, app.log)` : store,
    findTokens: findTokens(policy),
    ...preparations(service),
    verifierArguments: verifierArguments(service, policy),
    ...keysView(service, choices),
    serviceAuthSecret: serviceSecret.expression,
    handlerOptions: handlerOptions(blacklist, policy),
    otherPurpose: otherPurpose(policy),
    ...identityView(service.jwt),
  };
}

/** The files of ours that the plugin consists of. */
function partImports(
  service: Service,
  files: VerifyFiles,
  { blacklist, keys, publishes }: VerifyChoices,
  policy: TokenPolicy,
): readonly ImportWant[] {
  return [
    ...routeImports(service, files),
    ...(keys === undefined ? [] : keysImports(service, files)),
    ...denylistImports(service, files, blacklist, policy),
    ...(publishes
      ? [
          { from: files.connection, names: ['logConnection'] },
          { from: files.publisher, names: ['publishRevocations'] },
        ]
      : []),
  ];
}

/** The autoloaded plugins of the service that provide what the route reads when it is registered. */
export function followedPlugins(
  repo: Repo,
  service: Service,
  { plugin }: VerifyFiles,
  blacklist: Blacklist,
): readonly string[] {
  const { jwt, redis } = service;
  return findPluginDependencies(repo, service, plugin, [
    ...(blacklist === 'redis' ? [redis.client?.expression] : []),
    ...(jwt.library === '@fastify/jwt' ? ['app.jwt'] : []),
    jwt.secret?.expression,
    readVariable(service, 'SERVICE_AUTH_SECRET').expression,
  ]);
}

/** What was read from the service is imported as it imports it. */
function readImports(service: Service, { accept, options }: TokenPolicy): readonly ImportWant[] {
  const { imports } = readVariable(service, 'SERVICE_AUTH_SECRET');
  return [...secretView(service).imports, ...options.imports, ...(accept?.imports ?? []), ...imports];
}

/** What the functions of the plugin's own take. */
function fastifyTypes(service: Service, redis: boolean): readonly ImportWant[] {
  const names = [
    ...(signingSecret(service) === false ? [] : ['FastifyBaseLogger']),
    ...(redis ? ['FastifyInstance'] : []),
    ...(service.plainSchemas ? [] : ['FastifyReply', 'FastifyRequest']),
  ];
  return names.length === 0 ? [] : [{ from: 'fastify', names, typeOnly: true }];
}

function storeDefault(blacklist: Blacklist, redisMayMiss: boolean): string {
  if (blacklist !== 'redis') return 'in memory';
  return redisMayMiss ? 'Redis, or memory where there is none outside production' : 'Redis';
}

function preparations(service: Service): Pick<VerifyView, 'preparations' | 'secretChecked'> {
  const secret = signingSecret(service);
  if (secret === false) return { preparations: [], secretChecked: false };
  const register = `if (!app.hasDecorator('jwt')) await app.register(fastifyJwt, { secret: ${secret} });`;
  const own = service.jwt.library === 'none' ? [register] : [];
  return { preparations: [`assertSecret(${secret}, app.log);`, ...own], secretChecked: true };
}

function otherPurpose({ rules }: TokenPolicy): string {
  const purpose = purposeCondition(rules);
  return purpose === false ? '' : ` || !(${purpose})`;
}

function handlerOptions(blacklist: Blacklist, { accept }: TokenPolicy): string {
  return [
    'verify',
    'toIdentity',
    ...(blacklist === 'none' ? [] : ['blacklist']),
    ...(accept === undefined ? [] : [`isAccepted: (claims, request) => ${accept.call}`]),
  ].join(', ');
}

function findTokens({ cookies }: TokenPolicy): string {
  const read = cookies.map(({ name, signed }) => `${cookieReader(signed)}(request, ${printString(name)})`);
  return read.length === 0 ? '' : `, (request) => [${read.join(', ')}]`;
}

function cookieReader(signed: boolean): string {
  return signed ? 'signedCookieOf' : 'cookieOf';
}

function routeImports(service: Service, files: VerifyFiles): readonly ImportWant[] {
  return [
    { from: 'fastify-plugin', default: 'fp' },
    ...(service.jwt.library === 'none' ? [{ from: '@fastify/jwt', default: 'fastifyJwt' }] : []),
    { from: files.claims, names: ['type TokenClaims', 'TokenError'] },
    { from: files.verifier, names: ['createTokenVerifier'] },
    { from: files.route, names: ['addVerifyHooks', 'createVerifyHandler', 'type Identity'] },
  ];
}

function denylistImports(
  service: Service,
  files: VerifyFiles,
  blacklist: Blacklist,
  { cookies }: TokenPolicy,
): readonly ImportWant[] {
  if (blacklist === 'none') return [];
  const readers = [...new Set(cookies.map(({ signed }) => cookieReader(signed)))].sort();
  return [
    { from: files.blacklist, names: ['type BlacklistStore', 'TokenBlacklist'] },
    ...(readers.length === 0 ? [] : [{ from: files.cookies, names: readers }]),
    ...(usesMemory(service, blacklist) ? [{ from: files.memory, names: ['createMemoryStore'] }] : []),
    ...(blacklist === 'redis' ? [{ from: files.redis, names: ['createRedisStore'] }] : []),
  ];
}

/** The options of the verify route: what checks its body, and what gets it past a guard of the whole application. */
function routeOptionsOf({ guard, plainSchemas }: Service): string {
  const config = guard?.optOut === undefined ? [] : [`config: { ${guard.optOut} }`];
  const body = plainSchemas ? 'schema: { body: bodySchema }' : 'preValidation: checkBody';
  return [...config, body].join(', ');
}
