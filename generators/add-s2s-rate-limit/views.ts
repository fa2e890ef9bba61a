import { readVariable } from '../_engine/edit/declare-variables.ts';
import { importSubject } from '../_engine/edit/env-schema.ts';
import { redisConnection, usesNodeRedis } from '../_engine/edit/redis-connection.ts';
import { freePluginName } from '../_engine/edit/register-plugin.ts';
import {
  dependenciesOption,
  findPluginDependencies,
  findUserMember,
} from '../_engine/facts/app/decorations.ts';
import { redisScope } from '../_engine/facts/redis.ts';
import { findProbes } from '../_engine/facts/routes/public-routes.ts';
import { importLines, importSpecifier, placeFile } from '../_engine/facts/style/place-file.ts';
import type { ImportWant } from '../_engine/model/code-facts.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { printString, printStrings } from '../_engine/syntax/print.ts';
import type { BucketTestView, LimitTestView, LimitView, SharedBucketsView } from './view.ts';

/** Where the buckets are. */
export type Store = 'redis' | 'memory';

/** The files of the limits beside their tests. */
export type LimitFiles = Readonly<
  Record<'plugin' | 'requests' | 'verify' | 'bucket' | 'refusal' | 'shared' | 'redis' | 'script', RelPath>
>;

/** What a service has of the limits: `verify`, the verify route; `redis`, buckets in Redis. */
export interface LimitParts {
  readonly verify: boolean;
  readonly redis: boolean;
  readonly nodeRedis: boolean;
}

const connection = {
  use: 'rate limit',
  options: 'FAIL_FAST',
  settings: 'disableOfflineQueue: true',
  names: ['FAIL_FAST'],
} as const;

export function limitFiles(service: Service): LimitFiles {
  const utility = (name: string): RelPath => placeFile(service, 'utils', name);
  return {
    plugin: placeFile(service, 'plugins', 'rate-limit'),
    requests: utility('request-limit'),
    verify: utility('verify-limit'),
    bucket: utility('token-bucket'),
    refusal: utility('refusal-limit'),
    shared: utility('shared-buckets'),
    redis: utility('redis-buckets'),
    script: utility('redis-script'),
  };
}

export function limitParts(service: Service, repo: Repo, store: Store): LimitParts {
  const verify = repo.read(placeFile(service, 'plugins', 'auth-verify'))?.includes('authVerify') === true;
  return { verify, redis: store === 'redis', nodeRedis: usesNodeRedis(service) };
}

export function limitView(
  service: Service,
  repo: Repo,
  files: LimitFiles,
  parts: LimitParts,
  path: string,
): LimitView {
  const { redis, verify } = parts;
  const secret = readVariable(service, 'SERVICE_AUTH_SECRET');
  const userMember = findUserMember(service);
  const declares = declaresConfig(service, repo, files.plugin);
  const verification = `limitVerifications(${printString(path)}, ${secret.expression} ?? '', options)`;
  const wants: readonly ImportWant[] = [
    ...importsOf(files, parts),
    ...(verify ? secret.imports : []),
    ...(declares ? [{ from: files.bucket, names: ['Quota'], typeOnly: true }] : []),
  ];
  return {
    pluginName: freePluginName(service, files.plugin, 'rate-limit'),
    dependencies: dependenciesOption(followedPlugins(service, repo, files, parts)),
    imports: importLines(service, files.plugin, wants),
    declares,
    optionTypes: [
      'RequestLimitOptions',
      ...(verify ? ['VerifyLimitOptions'] : []),
      ...(redis ? ['SharedBucketsOptions'] : []),
    ].join(' & '),
    defaults: [
      ...(verify ? [`...${verification}`] : []),
      '...options',
      `unlimitedRoutes: options.unlimitedRoutes ?? [${printStrings(findProbes(service))}]`,
      ...(redis ? ['buckets: options.buckets ?? createSharedBuckets(app, options)'] : []),
      ...(userMember === undefined
        ? []
        : [`identify: options.identify ?? ((request) => request.${userMember})`]),
    ],
  };
}

function importsOf(files: LimitFiles, { redis, verify }: LimitParts): readonly ImportWant[] {
  return [
    { from: 'fastify-plugin', default: 'fp' },
    { from: files.requests, names: ['limitRequests', 'type RequestLimitOptions'] },
    ...(verify ? [{ from: files.verify, names: ['limitVerifications', 'type VerifyLimitOptions'] }] : []),
    ...(redis ? [{ from: files.shared, names: ['createSharedBuckets', 'type SharedBucketsOptions'] }] : []),
  ];
}

/** The autoloaded plugins of the service that provide what the limits read when they are registered. */
function followedPlugins(
  service: Service,
  repo: Repo,
  { plugin }: LimitFiles,
  { redis, verify }: LimitParts,
): readonly string[] {
  const variable = (name: string): string => readVariable(service, name).expression;
  return findPluginDependencies(repo, service, plugin, [
    ...(verify ? [variable('SERVICE_AUTH_SECRET')] : []),
    ...(redis ? [service.redis.client?.expression ?? variable('REDIS_URL')] : []),
  ]);
}

export function sharedBucketsView(service: Service, repo: Repo, files: LimitFiles): SharedBucketsView {
  const redis = redisConnection(service, true, connection);
  const wants: readonly ImportWant[] = [
    { from: 'fastify', names: ['FastifyInstance'], typeOnly: true },
    ...redis.imports,
    { from: files.redis, names: ['createRedisBuckets', 'withFallback'] },
    { from: files.bucket, names: ['createMemoryBuckets', 'type TokenBuckets'] },
  ];
  return {
    ...redis,
    imports: importLines(service, files.shared, wants),
    prefix: printString(`rate-limit:${redisScope(repo, service)}:`),
  };
}

/** The view of the tests of the plugin, in `test`. */
export function limitTestView(
  service: Service,
  repo: Repo,
  files: LimitFiles,
  parts: LimitParts,
  test: RelPath,
  path: string,
): LimitTestView {
  const follows = followedPlugins(service, repo, files, parts);
  const subject = { file: files.plugin, value: 'rateLimit', type: 'RateLimitOptions', follows };
  const bucket = { from: files.bucket, names: ['createMemoryBuckets'] };
  return { ...importSubject(service, repo, test, subject, [bucket]), path };
}

/** The view of the tests of the buckets, in `test`. */
export function bucketTestView(service: Service, files: LimitFiles, test: RelPath): BucketTestView {
  const to = (file: RelPath): string => importSpecifier(service, test, file);
  return {
    bucketImport: to(files.bucket),
    refusalImport: to(files.refusal),
    redisImport: to(files.redis),
    scriptImport: to(files.script),
  };
}

/** What a file among the service's utilities writes for each relative import of a template. */
export function limitSpecifiers(service: Service, files: LimitFiles): Readonly<Record<string, string>> {
  const to = (file: RelPath): string => importSpecifier(service, files.requests, file);
  return {
    './refusal-limit.ts': to(files.refusal),
    './redis-script.ioredis.ts': to(files.script),
    './request-limit.ts': to(files.requests),
    './token-bucket.ts': to(files.bucket),
  };
}

/**
 * An interface without members takes any object, one with members those alone: where routes have a `config` whose members
 * are declared nowhere, it must stay empty. What was generated before stays as it is.
 */
function declaresConfig(service: Service, repo: Repo, plugin: RelPath): boolean {
  const own = repo.read(plugin);
  if (own !== undefined) return own.includes('FastifyContextConfig');
  const survey = openSurvey(repo, service);
  if (survey.filesMatching(/\bFastifyContextConfig\b/).length > 0) return true;
  return survey.filesMatching(/\bconfig\s*:\s*\{(?!\s*rateLimit\b)/).length === 0;
}
