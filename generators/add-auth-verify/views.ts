import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { Service } from '../_engine/model/service.ts';
import { importLines } from '../_engine/edit/import-lines.ts';
import { readVariable } from '../_engine/edit/declare-variables.ts';
import { redisConnection } from '../_engine/edit/redis-connection.ts';
import { secretView, usesKeyPair } from './connection-views.ts';
import { claimNames, purposeCondition, type TokenPolicy } from './token-policy.ts';
import type { VerifyFiles } from './files.ts';
import { routeOptionsOf } from './route-options.ts';
import type { Blacklist, VerifyView } from './view.ts';

const connection = {
  use: 'token blacklist',
  options: 'FAIL_FAST',
  settings: 'disableOfflineQueue: true',
} as const;

export function verifyView(
  service: Service,
  files: VerifyFiles,
  path: string,
  blacklist: Blacklist,
  publishes: boolean,
  policy: TokenPolicy,
): Omit<VerifyView, 'pluginName'> {
  const { jwt } = service;
  const { imports, secret: key } = secretView(service);
  const secret = !usesKeyPair(service) && key;
  const redis = redisConnection(service, blacklist === 'redis', connection);
  const serviceSecret = readVariable(service, 'SERVICE_AUTH_SECRET');
  const wants: ImportWant[] = [
    ...imports,
    ...(policy.accept?.imports ?? []),
    ...serviceSecret.imports,
    ...redis.imports,
    ...ownImports(files, blacklist, { ...redis, publishes }),
    { from: 'fastify-plugin', default: 'fp' },
    ...(jwt.library === 'none' ? [{ from: '@fastify/jwt', default: 'fastifyJwt' }] : []),
    { from: 'fastify', names: fastifyTypes(secret !== false || redis.redis), typeOnly: true },
  ];
  return {
    secret,
    ...redis,
    publishes,
    imports: importLines(service, files.plugin, wants),
    path,
    fastifyMajor: service.fastifyMajor,
    plainSchemas: service.plainSchemas,
    routeOptions: routeOptionsOf(service),
    blacklist: blacklist !== 'none',
    ...libraryView(jwt.library, key),
    serviceAuthSecret: serviceSecret.expression,
    ...policyView(policy),
    ...claimNames(jwt),
  };
}

function libraryView(
  library: Service['jwt']['library'],
  key: string | false,
): Pick<VerifyView, 'secretType' | 'registersJwt' | 'verifierArgument' | 'verifiesLater'> {
  const usesPlugin = library === '@fastify/jwt' || library === 'none';
  return {
    secretType: library === 'jose' ? 'string | Uint8Array' : 'string',
    registersJwt: library === 'none',
    verifierArgument: usesPlugin || key === false ? 'app' : key,
    verifiesLater: library === 'jose',
  };
}

function policyView({
  accept,
  rules,
}: TokenPolicy): Pick<VerifyView, 'purpose' | 'purposeComment' | 'comparesClaims' | 'accept'> {
  const purpose = purposeCondition(rules);
  return {
    purpose,
    purposeComment: 'What tokens of a login have, and others of the same key have not.',
    comparesClaims: purpose !== false && purpose.includes('isOneOf('),
    accept: accept?.call ?? false,
  };
}

function fastifyTypes(instance: boolean): readonly string[] {
  return [
    'FastifyBaseLogger',
    'FastifyError',
    ...(instance ? ['FastifyInstance'] : []),
    'FastifyReply',
    'FastifyRequest',
  ];
}

function ownImports(
  files: VerifyFiles,
  blacklist: Blacklist,
  {
    redis,
    redisMayMiss,
    nodeRedis,
    publishes,
  }: Pick<VerifyView, 'redis' | 'redisMayMiss' | 'nodeRedis' | 'publishes'>,
): readonly ImportWant[] {
  const names = [
    'type BlacklistStore',
    ...(redis && !redisMayMiss ? [] : ['createMemoryStore']),
    ...(redis ? ['createRedisStore', ...(nodeRedis ? [] : ['FAIL_FAST'])] : []),
    'TokenBlacklist',
  ];
  const verifier = ['createTokenVerifier', 'type TokenClaims', 'TokenError', 'type TokenProblem'];
  return [
    ...(blacklist === 'none' ? [] : [{ from: files.blacklist, names }]),
    ...(publishes ? [{ from: files.publisher, names: ['publishRevocations'] }] : []),
    { from: files.verifier, names: verifier },
  ];
}
