import type { ImportWant } from '../model/code-facts.ts';
import type { Service } from '../model/service.ts';
import { RefusalError } from '../model/obstacle.ts';
import { allowsBelow } from '../facts/tooling.ts';
import { readVariable } from './declare-variables.ts';

/** What the shared part redis-client.hbs is rendered from, and the code around it. */
export interface RedisConnection {
  readonly redis: boolean;
  /** It connects by itself, to `redisUrl`; else it duplicates `redisClient`. */
  readonly redisOwn: boolean;
  readonly redisUrl: string;
  readonly redisClient: string;
  readonly redisOptional: boolean;
  /** There may be no Redis at run time. */
  readonly redisMayMiss: boolean;
  /** The client is that of the package `redis`, not of ioredis. */
  readonly nodeRedis: boolean;
  /** What it is duplicated with: an expression. */
  readonly redisOptions: string;
  /** What a node-redis client is made with, beside its URL. */
  readonly redisSettings: string;
  /** `redis` from version 5: destroy() closes it. */
  readonly redisDestroys: boolean;
  /** What the connection is for, as the log says it. */
  readonly redisUse: string;
}

/** What to connect for: `options` is what a client of ioredis gets, `settings` what one of `redis` does. */
export interface ConnectionWant {
  readonly use: string;
  readonly options: string;
  readonly settings: string;
}

/**
 * The connection that generated code has: a duplicate of the service's own, else one of its own.
 * @throws RefusalError E_REDIS_CLUSTER where the service's own is of several nodes
 */
export function redisConnection(
  service: Service,
  wanted: boolean,
  { use, options, settings }: ConnectionWant,
): RedisConnection & { readonly imports: readonly ImportWant[] } {
  const { client } = service.redis;
  if (wanted) assertSingle(service, use);
  const url = readVariable(service, 'REDIS_URL');
  const redisOwn = wanted && client === undefined;
  const redisOptional = wanted && client?.optional === true;
  const nodeRedis = usesNodeRedis(service);
  const library = nodeRedis
    ? { from: 'redis', names: ['createClient'] }
    : { from: 'ioredis', names: ['Redis'] };
  const ownImports = redisOwn ? [...url.imports, library] : [];
  return {
    redis: wanted,
    redisOwn,
    redisUrl: url.expression,
    redisClient: client?.expression ?? '',
    redisOptional,
    redisMayMiss: redisOwn || redisOptional,
    nodeRedis,
    redisOptions: nodeRedis ? `{ ${settings} }` : options,
    redisSettings: settings,
    redisDestroys: nodeRedis && !allowsBelow(service.manifest.dependencies['redis'], 5),
    redisUse: use,
    imports: wanted ? [...ownImports, ...(client?.imports ?? [])] : [],
  };
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
