import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { freePluginName } from '../_engine/edit/register-plugin.ts';
import { importLines } from '../_engine/edit/import-lines.ts';
import {
  dynamicSpecifier,
  importSpecifier,
  placeFile,
  testFileFor,
} from '../_engine/facts/style/place-file.ts';
import { readVariable } from '../_engine/edit/declare-variables.ts';
import { redisConnection, usesNodeRedis } from '../_engine/edit/redis-connection.ts';
import { testEnvironment } from '../_engine/edit/test-environment.ts';
import { printString, printStrings } from '../_engine/syntax/print.ts';
import { findProbes } from '../_engine/facts/routes/public-routes.ts';
import { findUserMember } from '../_engine/facts/auth/user-member.ts';
import { redisScope } from '../_engine/facts/redis.ts';
import { declaresConfig } from './route-config.ts';
import type { BucketTestView, BucketView, LimitTestView, LimitView, RefusalView } from './view.ts';

/** Where the buckets are. */
export type Store = 'redis' | 'memory';

/** The files of the limits beside their tests. */
export interface LimitFiles {
  readonly plugin: RelPath;
  readonly bucket: RelPath;
  readonly refusal: RelPath;
}

const connection = {
  use: 'rate limit',
  options: 'FAIL_FAST',
  settings: 'disableOfflineQueue: true',
} as const;

export function limitFiles(service: Service): LimitFiles {
  return {
    plugin: placeFile(service, 'plugins', 'rate-limit'),
    bucket: placeFile(service, 'utils', 'token-bucket'),
    refusal: placeFile(service, 'utils', 'refusal-limit'),
  };
}

export function bucketView(service: Service, store: Store): BucketView {
  return { redis: store === 'redis', nodeRedis: usesNodeRedis(service) };
}

export function refusalView(service: Service, { bucket, refusal }: LimitFiles): RefusalView {
  return { bucketImport: importSpecifier(service, refusal, bucket) };
}

export function limitView(
  service: Service,
  repo: Repo,
  files: LimitFiles,
  store: Store,
  path: string,
): LimitView {
  const redis = redisConnection(service, store === 'redis', connection);
  const secret = readVariable(service, 'SERVICE_AUTH_SECRET');
  const verify = hasVerifyRoute(service, repo);
  const userMember = findUserMember(service) ?? false;
  const wants: ImportWant[] = [
    { from: 'fastify', names: ['FastifyInstance', 'FastifyReply', 'FastifyRequest'], typeOnly: true },
    { from: 'fastify-plugin', default: 'fp' },
    ...redis.imports,
    ...(verify ? secret.imports : []),
    { from: files.bucket, names: bucketNames(redis) },
    { from: files.refusal, names: ['type Admission', 'RefusalLimit', 'type Verdict'] },
  ];
  return {
    ...redis,
    pluginName: freePluginName(service, files.plugin, 'rate-limit'),
    imports: importLines(service, files.plugin, wants),
    declares: declaresConfig(service, repo, files.plugin),
    verify,
    path,
    serviceSecret: secret.expression,
    userMember,
    // What asks the verify route is a service: several of its users may be scanners that it is just about to stop.
    refusals: verify ? 100 : 20,
    unlimitedRoutes: printStrings(findProbes(service)),
    prefix: printString(`rate-limit:${redisScope(repo, service)}:`),
  };
}

function bucketNames({ redis, nodeRedis }: Pick<LimitView, 'redis' | 'nodeRedis'>): readonly string[] {
  return [
    'createMemoryBuckets',
    ...(redis ? ['createRedisBuckets', ...(nodeRedis ? [] : ['FAIL_FAST'])] : []),
    'type Quota',
    'type TokenBuckets',
    'tokenMs',
    ...(redis ? ['withFallback'] : []),
  ];
}

function hasVerifyRoute(service: Service, repo: Repo): boolean {
  return repo.read(placeFile(service, 'plugins', 'auth-verify'))?.includes('authVerify') === true;
}

export function limitTestView(
  service: Service,
  repo: Repo,
  files: LimitFiles,
  store: Store,
  path: string,
): LimitTestView {
  const test = testFileFor(service, files.plugin, 'rate-limit');
  const environment = testEnvironment(service, repo);
  const specifier = environment.length === 0 ? importSpecifier : dynamicSpecifier;
  return {
    limitImport: specifier(service, test, files.plugin),
    optionsImport: importSpecifier(service, test, files.plugin),
    bucketImport: importSpecifier(service, test, files.bucket),
    environment,
    verify: hasVerifyRoute(service, repo),
    path,
    userMember: findUserMember(service) ?? false,
    redis: store === 'redis',
  };
}

export function bucketTestView(service: Service, files: LimitFiles, store: Store): BucketTestView {
  const test = testFileFor(service, files.bucket, 'token-bucket');
  return {
    bucketImport: importSpecifier(service, test, files.bucket),
    refusalImport: importSpecifier(service, test, files.refusal),
    redis: store === 'redis',
    nodeRedis: usesNodeRedis(service),
  };
}
