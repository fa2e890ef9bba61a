import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { superviseConnection } from '../utils/redis-lifecycle.js';
import { type Admission, RefusalLimit, type Verdict } from '../utils/refusal-limit.js';
import { createMemoryBuckets, createRedisBuckets, FAIL_FAST, type Quota, type TokenBuckets, tokenMs, withFallback } from '../utils/token-bucket.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The quota of this route for each caller; false: no limit. Written as @fastify/rate-limit has it. */
    rateLimit?: Quota | false;
  }
}

export interface RateLimitOptions {
  /** Requests of one caller to one route. Default 100 at once, and 10 a second that last. */
  quota?: Quota;
  /**
   * Questions to `POST /auth/verify` about the tokens of one address: the end user's where a service of yours tells it, else
   * the caller's. Default 10 000 at once, and 1 000 a second.
   */
  verifyQuota?: Quota;
  /**
   * Whether a service of yours asks: it is never turned away for what its callers do, and believed when it tells their
   * address. Default: it presents `SERVICE_AUTH_SECRET`; where that is not set nobody is known, and the verify route
   * counts no bad tokens.
   */
  isService?: (request: FastifyRequest) => boolean;
  /** Bad tokens of one address, after which no token of it is looked at. Default 100 at once, and in a minute. */
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

const VERIFY_ROUTE = '/auth/verify';
/** Where a service tells the address of the end user whose token it asks about; the auth middleware sends it. */
const CLIENT_ADDRESS = 'x-client-address';

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
  const verifyQuota = checked(options.verifyQuota ?? { max: 10_000, timeWindow: 10_000 });
  const secret = process.env['SERVICE_AUTH_SECRET'] ?? '';
  const isService = options.isService ?? ((request) => presents(request, secret));
  const servicesAreKnown = options.isService !== undefined || secret !== '';
  const refusalQuota = checked(options.refusalQuota ?? { max: 100, timeWindow: 60_000 });
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

  /** Whom a request counts for; undefined: a service of yours that does not tell. */
  const sourceOf = (request: FastifyRequest): string | undefined => {
    if (!isService(request)) return addressOf(request);
    const address = request.headers[CLIENT_ADDRESS];
    return typeof address === 'string' && isIP(address) > 0 ? `user at ${networkOf(address)}` : undefined;
  };
  const hasToken = ({ headers, routeOptions }: FastifyRequest): boolean =>
    routeOptions.url === VERIFY_ROUTE ? servicesAreKnown : headers.authorization !== undefined;

  const quotaOf = ({ routeOptions: { config, url = '' } }: FastifyRequest): Quota | false => {
    if (unlimited.has(url)) return false;
    const { rateLimit } = config;
    return rateLimit ?? (url === VERIFY_ROUTE ? verifyQuota : quota);
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
    const caller = sourceOf(request);
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
    if (request.routeOptions.url === VERIFY_ROUTE) settle(request, verifyVerdict(statusCode));
    else settle(request, verdictOn(statusCode));
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
async function orNothing<T>({ log }: FastifyRequest, ask: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    log.error({ err: error }, 'Rate limit cannot be told');
    return undefined;
  }
}

/** What became of a token in `Authorization`: a request that is answered well was let in with it. */
function verdictOn(statusCode: number): Verdict {
  if (statusCode === 401) return 'bad';
  return statusCode < 400 ? 'good' : 'unknown';
}

/** What became of the token in the body; 403 is a guess at the service secret. */
function verifyVerdict(statusCode: number): Verdict {
  if (statusCode === 401 || statusCode === 403) return 'bad';
  return statusCode === 200 ? 'good' : 'unknown';
}

/** Compares hashes, so that neither length nor content shows in the time it takes. */
function presents({ headers }: FastifyRequest, secret: string): boolean {
  const given = headers['x-service-secret'];
  if (typeof given !== 'string' || secret === '') return false;
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(secret));
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
  const shared = app.redis;
  if (shared === undefined) {
    app.log.warn('There is no Redis: each instance limits the rate by itself');
    return own;
  }
  const client = shared.duplicate(FAIL_FAST);
  superviseConnection(app, client, 'rate limit');
  const refuse: TokenBuckets = {
    take: () => Promise.reject(new Error('Redis does not answer')),
    give: () => undefined,
  };
  return withFallback(
    createRedisBuckets(client, 'rate-limit:acme/auth-service:'),
    whenRedisIsDown === 'memory' ? own : refuse,
    (error) => {
      app.log.error({ err: error, whenRedisIsDown }, 'Redis of the rate limit does not answer');
    },
  );
}
