import { once } from 'node:events';
import { isIP, isIPv6 } from 'node:net';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { Redis } from 'ioredis';
import { type Admission, RefusalLimit, type Verdict } from '../utils/refusal-limit.js';
import {
  createMemoryBuckets,
  createRedisBuckets,
  FAIL_FAST,
  type Quota,
  type TokenBuckets,
  tokenMs,
  withFallback,
} from '../utils/token-bucket.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The quota of this route for each caller; false: no limit. Written as @fastify/rate-limit has it. */
    rateLimit?: Quota | false;
  }
}

export interface RateLimitOptions {
  /** Requests of one caller to one route. Default 100 at once, and 10 a second that last. */
  quota?: Quota;
  /** Bad tokens of one address, after which no token of it is looked at. Default 20 at once, and in a minute. */
  refusalQuota?: Quota;
  /** Route patterns without a limit. Default: those of probes. */
  unlimitedRoutes?: readonly string[];
  /**
   * When Redis does not answer within 50 ms. `memory`, the default: each instance goes on by itself, so that buckets
   * fill up as many times faster as there are instances. `refuse`: 503.
   */
  whenRedisIsDown?: 'memory' | 'refuse';
  /** Default: in Redis, for all instances together. */
  buckets?: TokenBuckets;
}

/**
 * Limits what each caller may ask of each route, by token buckets, and turns addresses away that try bad tokens.
 * 429 with `Retry-After` and, on every answer of a limited route, `RateLimit-Limit`, `-Remaining` and `-Reset` as in
 * draft-ietf-httpapi-ratelimit-headers-06: in seconds.
 * Register it before the plugins whose tokens it protects.
 */
export const rateLimit = fp<RateLimitOptions>(
  (app, options, done) => {
    try {
      limitRate(app, options);
      done();
    } catch (error) {
      done(error as Error);
    }
  },
  { name: 'rate-limit' },
);

export default rateLimit;

/** @throws RangeError when a quota makes no sense */
function limitRate(app: FastifyInstance, options: RateLimitOptions): void {
  const quota = checked(options.quota ?? { max: 100, timeWindow: 10_000 });
  const refusalQuota = checked(options.refusalQuota ?? { max: 20, timeWindow: 60_000 });
  const unlimited = new Set(options.unlimitedRoutes ?? ['/health']);
  const buckets = options.buckets ?? createBuckets(app, options.whenRedisIsDown ?? 'memory');
  const refusals = new RefusalLimit(buckets, refusalQuota, (address) => {
    app.log.warn({ address }, 'Too many bad tokens: the address is turned away');
  });
  const admissions = new WeakMap<FastifyRequest, Admission>();
  const settle = (request: FastifyRequest, verdict: Verdict): void => {
    admissions.get(request)?.settle(verdict);
    admissions.delete(request);
  };

  const sourceOf: (request: FastifyRequest) => string | undefined = addressOf;
  const hasToken = ({ headers }: FastifyRequest): boolean => headers.authorization !== undefined;

  const quotaOf = ({ routeOptions: { config, url = '' } }: FastifyRequest): Quota | false => {
    if (unlimited.has(url)) return false;
    const { rateLimit } = config;
    return rateLimit ?? quota;
  };

  app.addHook('onRequest', async (request, reply) => {
    if (unlimited.has(request.routeOptions.url ?? '') || !hasToken(request)) return undefined;
    const source = sourceOf(request);
    if (source === undefined) return undefined;
    const admission = await orNothing(request, () => refusals.admit(source));
    if (admission === undefined) return unavailable(reply);
    if (typeof admission === 'number') return tooMany(reply, admission);
    admissions.set(request, admission);
    return undefined;
  });

  // Authentication comes first, so that the caller is known; the body comes later.
  app.addHook('preParsing', async (request, reply) => {
    const user = request.user ?? undefined;
    if (user !== undefined) settle(request, 'good');
    const caller = user === undefined ? sourceOf(request) : keyOf(user);
    const own = quotaOf(request);
    if (own === false || caller === undefined) return undefined;
    const { method, routeOptions } = request;
    const key = `${method} ${routeOptions.url ?? ''}|${caller}`;
    const take = await orNothing(request, () => buckets.take(key, own));
    if (take === undefined) return unavailable(reply);
    void reply.headers({
      'ratelimit-limit': own.max,
      'ratelimit-remaining': take.remaining,
      'ratelimit-reset': Math.ceil(take.resetMs / 1_000),
    });
    return take.retryAfterMs > 0 ? tooMany(reply, take.retryAfterMs) : undefined;
  });

  app.addHook('onSend', (request, { statusCode }, _payload, next) => {
    settle(request, verdictOn(statusCode));
    next();
  });

  // Of replies that others have taken over.
  app.addHook('onResponse', (request, _reply, next) => {
    settle(request, 'unknown');
    next();
  });
}

/** @throws RangeError when the quota makes no sense */
function checked(quota: Quota): Quota {
  tokenMs(quota);
  return quota;
}

/** Undefined when nobody can tell. */
async function orNothing<T>(
  { log }: FastifyRequest,
  ask: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    log.error({ err: error }, 'Rate limit cannot be told');
    return undefined;
  }
}

/** What became of a token in `Authorization`; a good one is known before the answer is. */
function verdictOn(statusCode: number): Verdict {
  return statusCode === 401 ? 'bad' : 'unknown';
}

function tooMany(reply: FastifyReply, waitMs: number): FastifyReply {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return reply.code(429).header('retry-after', seconds).send({ error: 'Too many requests' });
}

function unavailable(reply: FastifyReply): FastifyReply {
  return reply
    .code(503)
    .header('retry-after', 1)
    .send({ error: 'Service temporarily unavailable. Please try again later.' });
}

/** The user, by the word of the auth service. Two tenants may have one of the same ID. */
function keyOf({ tenantId, userId }: NonNullable<FastifyRequest['user']>): string {
  return `user ${JSON.stringify([tenantId ?? null, userId])}`;
}

/** What Fastify takes for the client's address: see its option `trustProxy`. What a proxy tells may be no address. */
function addressOf({ ip, socket }: FastifyRequest): string {
  return networkOf(isIP(ip) > 0 ? ip : (socket.remoteAddress ?? ''));
}

/** An address in one spelling; of IPv6 the network, a /64, since whoever has one address has all of them. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [unzoned = ''] = address.split('%');
  const { hostname } = new URL(`http://[${unzoned}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const groups = [...before, ...zeros, ...after];
  // An IPv4 address in IPv6's clothes.
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') {
    return groups.slice(6).flatMap(bytesOf).join('.');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function bytesOf(group: string): number[] {
  const number = Number.parseInt(group, 16);
  return [number >> 8, number & 255];
}

function createBuckets(app: FastifyInstance, whenRedisIsDown: 'memory' | 'refuse'): TokenBuckets {
  const own = createMemoryBuckets();
  const url = process.env['REDIS_URL'];
  if (url === undefined || url === '') {
    app.log.warn('There is no Redis: each instance limits the rate by itself');
    return own;
  }
  const client = new Redis(url, FAIL_FAST);
  client.on('error', (error: Error) => {
    app.log.error({ err: error }, 'Redis connection of the rate limit failed');
  });
  app.addHook('onClose', () => {
    client.disconnect();
  });
  // The first request must not meet a connection that is still being made; without Redis the service starts as well.
  app.addHook('onReady', async () => {
    if (client.status === 'ready') return;
    await once(client, 'ready', { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  });
  const refuse: TokenBuckets = {
    take: () => Promise.reject(new Error('Redis does not answer')),
    give: () => undefined,
  };
  return withFallback(
    createRedisBuckets(client, 'rate-limit:acme/user-service:'),
    whenRedisIsDown === 'memory' ? own : refuse,
    (error) => {
      app.log.error({ err: error, whenRedisIsDown }, 'Redis of the rate limit does not answer');
    },
  );
}
