import type { ImportWant, Service } from '../_engine/contract.ts';
import { readVariable } from '../_engine/edit/read-variable.ts';
import { majorOf } from '../_engine/survey/major-of.ts';
import type { Blacklist, VerifyView } from './view.ts';

/** The secret as the service has it, else the usual variable; none where only @fastify/jwt knows it. */
export function secretView(
  service: Service,
): Pick<VerifyView, 'secret'> & { imports: readonly ImportWant[] } {
  const { library, secret } = service.jwt;
  if (secret !== undefined && (library !== '@fastify/jwt' || isReachable(secret))) {
    return { secret: secret.expression, imports: secret.imports };
  }
  if (library === '@fastify/jwt') return { secret: false, imports: [] };
  const usual = readVariable(service, 'JWT_SECRET');
  return { secret: `(${usual.expression} ?? '')`, imports: usual.imports };
}

/** A private key signs and a public one verifies. */
export function usesKeyPair({ jwt }: Service): boolean {
  return !jwt.algorithm.startsWith('HS');
}

type RedisKeys =
  | 'redis'
  | 'redisOwn'
  | 'redisUrl'
  | 'redisClient'
  | 'redisOptional'
  | 'redisMayMiss'
  | 'nodeRedis'
  | 'redisOptions'
  | 'redisDestroys';

/** The service speaks to Redis by the package `redis`: so does the blacklist. */
export function usesNodeRedis({ redis }: Service): boolean {
  return redis.library === 'redis';
}

/** The connection of the blacklist: a duplicate of the service's own, else one of its own. */
export function redisView(
  service: Service,
  blacklist: Blacklist,
): Pick<VerifyView, RedisKeys> & { imports: readonly ImportWant[] } {
  const { client } = service.redis;
  const url = readVariable(service, 'REDIS_URL');
  const redis = blacklist === 'redis';
  const redisOwn = redis && client === undefined;
  const redisOptional = redis && client?.optional === true;
  const nodeRedis = usesNodeRedis(service);
  const library = nodeRedis
    ? { from: 'redis', names: ['createClient'] }
    : { from: 'ioredis', names: ['Redis'] };
  const ownImports = redisOwn ? [...url.imports, library] : [];
  return {
    redis,
    redisOwn,
    redisUrl: url.expression,
    redisClient: client?.expression ?? '',
    redisOptional,
    redisMayMiss: redisOwn || redisOptional,
    nodeRedis,
    redisOptions: nodeRedis ? '{ disableOfflineQueue: true }' : 'FAIL_FAST',
    redisDestroys: nodeRedis && majorOf(service.manifest.dependencies['redis']) >= 5,
    imports: redis ? [...ownImports, ...(client?.imports ?? [])] : [],
  };
}

/** A literal is not: it would be written a second time. */
function isReachable(secret: NonNullable<Service['jwt']['secret']>): boolean {
  return secret.env !== undefined || secret.imports.length > 0 || secret.expression.startsWith('app.');
}
