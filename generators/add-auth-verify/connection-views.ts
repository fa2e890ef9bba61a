import type { ImportWant, Service } from '../_engine/contract.ts';
import { readVariable } from '../_engine/edit/read-variable.ts';
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

type RedisKeys = 'redis' | 'redisOwn' | 'redisUrl' | 'redisClient' | 'redisOptional' | 'redisMayMiss';

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
  const ownImports = redisOwn ? [...url.imports, { from: 'ioredis', names: ['Redis'] }] : [];
  return {
    redis,
    redisOwn,
    redisUrl: url.expression,
    redisClient: client?.expression ?? '',
    redisOptional,
    redisMayMiss: redisOwn || redisOptional,
    imports: redis ? [...ownImports, ...(client?.imports ?? [])] : [],
  };
}

/** A literal is not: it would be written a second time. */
function isReachable(secret: NonNullable<Service['jwt']['secret']>): boolean {
  return secret.env !== undefined || secret.imports.length > 0 || secret.expression.startsWith('app.');
}
