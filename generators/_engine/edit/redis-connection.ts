import type { ImportWant } from '../model/code-facts.ts';
import type { RelPath } from '../model/paths.ts';
import type { Role } from '../model/roles.ts';
import type { Service } from '../model/service.ts';
import { RefusalError } from '../model/obstacle.ts';
import type { Draft } from '../repo/draft.ts';
import { placeFile } from '../facts/style/place-file.ts';
import { renderModule } from '../render/render.ts';
import { readVariable } from './declare-variables.ts';

/** What the shared parts redis-missing.hbs and redis-client.hbs are rendered from, and the code around them. */
export interface RedisConnection {
  readonly redis: boolean;
  /** There may be no Redis at run time: then `redisSource`, a declaration, fulfils the condition `redisIsMissing`. */
  readonly redisMayMiss: boolean;
  readonly redisSource: string;
  readonly redisIsMissing: string;
  /** Makes the client: an expression. */
  readonly redisClient: string;
  /** The client is that of the package `redis`, not of ioredis. */
  readonly nodeRedis: boolean;
  /** The purpose of the connection, for the log. */
  readonly redisUse: string;
}

/**
 * What to connect for: `options` is what a client of ioredis gets, `settings` what one of `redis` does, and `names` what
 * `options` needs of redis-lifecycle.ts.
 */
export interface ConnectionWant {
  readonly use: string;
  readonly options: string;
  readonly settings: string;
  readonly names?: readonly string[];
}

/**
 * The connection that generated code has: a duplicate of the service's own, else one of its own.
 * @throws RefusalError E_REDIS_CLUSTER where the service's own is of several nodes
 */
export function redisConnection(
  service: Service,
  wanted: boolean,
  want: ConnectionWant,
): RedisConnection & { readonly imports: readonly ImportWant[] } {
  if (wanted) assertSingle(service, want.use);
  const nodeRedis = usesNodeRedis(service);
  const { client } = service.redis;
  const lifecycleNames = [...(nodeRedis ? [] : (want.names ?? [])), 'superviseConnection'];
  const lifecycle = { from: lifecycleFile(service), names: lifecycleNames };
  const made = client === undefined ? ownClient(service, want) : duplicateOf(client, nodeRedis, want);
  return {
    redis: wanted,
    redisMayMiss: wanted && made.redisSource !== '',
    redisSource: made.redisSource,
    redisIsMissing: made.redisIsMissing,
    redisClient: made.redisClient,
    nodeRedis,
    redisUse: want.use,
    imports: wanted ? [...made.imports, lifecycle] : [],
  };
}

type Made = Pick<RedisConnection, 'redisSource' | 'redisIsMissing' | 'redisClient'> & {
  readonly imports: readonly ImportWant[];
};

function ownClient(service: Service, { options, settings }: ConnectionWant): Made {
  const url = readVariable(service, 'REDIS_URL');
  const nodeRedis = usesNodeRedis(service);
  const library = nodeRedis
    ? { from: 'redis', names: ['createClient'] }
    : { from: 'ioredis', names: ['Redis'] };
  return {
    redisSource: `url = ${url.expression}`,
    redisIsMissing: "url === undefined || url === ''",
    redisClient: nodeRedis ? `createClient({ url, ${settings} })` : `new Redis(url, ${options})`,
    imports: [...url.imports, library],
  };
}

function duplicateOf(
  { expression, imports, optional }: NonNullable<Service['redis']['client']>,
  nodeRedis: boolean,
  { options, settings }: ConnectionWant,
): Made {
  const from = optional ? 'shared' : expression;
  return {
    redisSource: optional ? `shared = ${expression}` : '',
    redisIsMissing: 'shared === undefined',
    redisClient: `${from}.duplicate(${nodeRedis ? `{ ${settings} }` : options})`,
    imports,
  };
}

/** Plans the file that ties such a connection to the life of the application. */
export function createRedisLifecycle(draft: Draft, service: Service, role: Role): void {
  const template = `_shared/redis-lifecycle.${clientVariant(service)}.ts`;
  draft.create(lifecycleFile(service), role, renderModule(template, {}, service.style));
}

/** Version 4 of `redis` has no destroy() yet. */
function clientVariant(service: Service): string {
  if (!usesNodeRedis(service)) return 'ioredis';
  return service.isOlder('redis', 5) ? 'node-redis-4' : 'node-redis';
}

/** Where that file is. */
function lifecycleFile(service: Service): RelPath {
  return placeFile(service, 'utils', 'redis-lifecycle');
}

/** A cluster duplicates in another way, keeps commands back while it is down, and one of its nodes alone has not all keys. */
function assertSingle({ name, redis: { cluster } }: Service, use: string): void {
  if (cluster === undefined) return;
  throw new RefusalError({
    code: 'E_REDIS_CLUSTER',
    at: { path: cluster.path, line: cluster.line },
    message: `${name} connects to a Redis cluster by ${cluster.made}, but the ${use} supports only a single node, or Sentinel with ioredis.`,
    remedy:
      'Add an exported or decorated client of a single Redis (new Redis(url), createClient({ url })) to duplicate, or use memory: --blacklist memory, --store memory.',
  });
}

/** The service speaks to Redis by the package `redis`: so does what we add. */
export function usesNodeRedis({ redis }: Service): boolean {
  return redis.library === 'redis';
}
