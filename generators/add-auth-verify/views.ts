import type { ImportWant, RelPath, Service } from '../_engine/contract.ts';
import { importLines } from '../_engine/edit/import-lines.ts';
import { importSpecifier, placeFile } from '../_engine/edit/place-file.ts';
import { readVariable } from '../_engine/edit/read-variable.ts';
import { redisConnection, usesNodeRedis } from '../_engine/edit/redis-connection.ts';
import { secretView, usesKeyPair } from './connection-views.ts';
import { claimNames } from './claim-names.ts';
import { routeOptionsOf } from './route-options.ts';
import type { Blacklist, BlacklistView, VerifierView, VerifyView } from './view.ts';

const connection = {
  use: 'token blacklist',
  options: 'FAIL_FAST',
  settings: 'disableOfflineQueue: true',
} as const;

/** The files that the generator adds, beside its test; `publisher` is there where add-s2s-revocation has been. */
export interface VerifyFiles {
  readonly plugin: RelPath;
  readonly verifier: RelPath;
  readonly blacklist: RelPath;
  readonly publisher: RelPath;
}

export function verifyFiles(service: Service): VerifyFiles {
  return {
    plugin: placeFile(service, 'plugins', 'auth-verify'),
    verifier: placeFile(service, 'utils', 'token-verifier'),
    blacklist: placeFile(service, 'utils', 'token-blacklist'),
    publisher: placeFile(service, 'utils', 'revocation-publisher'),
  };
}

export function verifierView(service: Service): VerifierView {
  const { library, algorithm, namespace } = service.jwt;
  const fastifyJwt = library === '@fastify/jwt' || library === 'none';
  return {
    imports: libraryImports(service),
    algorithm,
    keyPair: usesKeyPair(service),
    fastifyJwt,
    jsonwebtoken: library === 'jsonwebtoken',
    jose: library === 'jose',
    fastJwt: library === 'fast-jwt',
    jwtDecorator: namespace === undefined ? 'jwt' : `jwt.${namespace}`,
  };
}

function libraryImports(service: Service): readonly string[] {
  switch (service.jwt.library) {
    case 'jsonwebtoken':
      return [
        `import { ${usesKeyPair(service) ? 'createPublicKey, KeyObject' : 'createSecretKey'} } from 'node:crypto';`,
        '',
        service.modules.esModuleInterop
          ? "import jwt from 'jsonwebtoken';"
          : "import * as jwt from 'jsonwebtoken';",
      ];
    case 'jose':
      return [`import { errors, ${usesKeyPair(service) ? 'type importSPKI, ' : ''}jwtVerify } from 'jose';`];
    case 'fast-jwt':
      return ["import { createVerifier } from 'fast-jwt';"];
    case '@fastify/jwt':
    case 'none':
      return ["import '@fastify/jwt';", "import type { FastifyInstance } from 'fastify';"];
  }
}

export function blacklistView(service: Service, files: VerifyFiles, blacklist: Blacklist): BlacklistView {
  return {
    verifierImport: importSpecifier(service, files.blacklist, files.verifier),
    redis: blacklist === 'redis',
    nodeRedis: usesNodeRedis(service),
  };
}

export function verifyView(
  service: Service,
  files: VerifyFiles,
  path: string,
  blacklist: Blacklist,
  publishes: boolean,
): Omit<VerifyView, 'pluginName'> {
  const { jwt } = service;
  const usesPlugin = jwt.library === '@fastify/jwt' || jwt.library === 'none';
  const { imports, secret: key } = secretView(service);
  const secret = !usesKeyPair(service) && key;
  const redis = redisConnection(service, blacklist === 'redis', connection);
  const serviceSecret = readVariable(service, 'SERVICE_AUTH_SECRET');
  const wants: ImportWant[] = [
    ...imports,
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
    secretType: jwt.library === 'jose' ? 'string | Uint8Array' : 'string',
    registersJwt: jwt.library === 'none',
    verifierArgument: usesPlugin || key === false ? 'app' : key,
    verifiesLater: jwt.library === 'jose',
    serviceAuthSecret: serviceSecret.expression,
    ...claimNames(jwt),
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
