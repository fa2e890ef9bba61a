import { isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { type Admission, RefusalLimit, type Verdict } from './refusal-limit.ts';
import { createMemoryBuckets, type Quota, type TokenBuckets, tokenMs } from './token-bucket.ts';

/** The user of a request. Two tenants may have users of the same ID. */
export interface LimitedUser {
  readonly userId: string;
  readonly tenantId?: string | undefined;
}

/** A route that receives tokens elsewhere than in `Authorization`. */
export interface TokenRoute {
  readonly url: string;
  readonly quota: Quota;
  /** False: its bad tokens are not counted. */
  readonly countsTokens: boolean;
  verdictOn(statusCode: number): Verdict;
}

export interface RequestLimitOptions {
  /** Requests of one caller to one route. Default 100 at once, and 10 a second that last. */
  quota?: Quota;
  /** Bad tokens of one caller, after which no token of it is looked at. Default 20 at once, and in a minute. */
  refusalQuota?: Quota;
  /** Route patterns without a limit. Default: those of probes. */
  unlimitedRoutes?: readonly string[];
  /** Default: in the store that the plugin was generated for. */
  buckets?: TokenBuckets;
  /** The verified user, who has a quota wherever they call from. Default: that of the auth middleware, if there is one. */
  identify?: (request: FastifyRequest) => LimitedUser | null | undefined;
  /** Key of a caller who is not identified; undefined: not limited. Default: the address. */
  sourceOf?: (request: FastifyRequest) => string | undefined;
  tokenRoute?: TokenRoute;
}

/** @throws RangeError for an invalid quota */
export function limitRequests(app: FastifyInstance, options: RequestLimitOptions): void {
  const { buckets = createMemoryBuckets(), identify, sourceOf = addressOf, tokenRoute } = options;
  const { quota = { max: 100, timeWindow: 10_000 } } = options;
  const { refusalQuota = { max: 20, timeWindow: 60_000 } } = options;
  for (const each of [quota, refusalQuota, tokenRoute?.quota ?? quota]) tokenMs(each);
  const unlimited = new Set(options.unlimitedRoutes);
  const refusals = new RefusalLimit(buckets, refusalQuota, (address) => {
    app.log.warn({ address }, 'Too many bad tokens: the address is turned away');
  });
  const admissions = new WeakMap<FastifyRequest, Admission>();
  const settle = (request: FastifyRequest, verdict: Verdict): void => {
    admissions.get(request)?.settle(verdict);
    admissions.delete(request);
  };
  const tokenRouteOf = ({ routeOptions: { url } }: FastifyRequest): TokenRoute | undefined =>
    url === tokenRoute?.url ? tokenRoute : undefined;
  const hasToken = (request: FastifyRequest): boolean =>
    tokenRouteOf(request)?.countsTokens ?? request.headers.authorization !== undefined;
  const quotaOf = (request: FastifyRequest): Quota | false => {
    const { config, url = '' } = request.routeOptions;
    const { rateLimit } = config as { rateLimit?: Quota | false };
    return unlimited.has(url) ? false : (rateLimit ?? tokenRouteOf(request)?.quota ?? quota);
  };
  /** A good token of a user is known before the answer. */
  const isGood = (statusCode: number): boolean => identify === undefined && statusCode < 400;
  const verdictOn = (statusCode: number): Verdict =>
    statusCode === 401 ? 'bad' : isGood(statusCode) ? 'good' : 'unknown';

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
    const user = identify?.(request) ?? undefined;
    if (user !== undefined) settle(request, 'good');
    const caller = user === undefined ? sourceOf(request) : keyOf(user);
    const own = quotaOf(request);
    if (own === false || caller === undefined) return undefined;
    const { method, routeOptions } = request;
    const key = `${method} ${routeOptions.url ?? ''}|${caller}`;
    const take = await orNothing(request, () => buckets.take(key, own));
    if (take === undefined) return unavailable(reply);
    const answer = reply.headers({
      'ratelimit-limit': own.max,
      'ratelimit-remaining': take.remaining,
      'ratelimit-reset': Math.ceil(take.resetMs / 1_000),
    });
    return take.retryAfterMs > 0 ? tooMany(answer, take.retryAfterMs) : undefined;
  });

  app.addHook('onSend', (request, { statusCode }, _payload, next) => {
    settle(request, tokenRouteOf(request)?.verdictOn(statusCode) ?? verdictOn(statusCode));
    next();
  });

  // For replies that were taken over by `reply.hijack()`.
  app.addHook('onResponse', (request, _reply, next) => {
    settle(request, 'unknown');
    next();
  });
}

/** Undefined when the store does not answer. */
async function orNothing<T>({ log }: FastifyRequest, ask: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    log.error({ err: error }, 'Rate limit cannot be told');
    return undefined;
  }
}

function tooMany(reply: FastifyReply, waitMs: number): FastifyReply {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return reply.code(429).header('retry-after', seconds).send({ error: 'Too many requests' });
}

function unavailable(reply: FastifyReply): FastifyReply {
  const error = 'Service temporarily unavailable. Please try again later.';
  return reply.code(503).header('retry-after', 1).send({ error });
}

function keyOf({ tenantId, userId }: LimitedUser): string {
  return `user ${JSON.stringify([tenantId ?? null, userId])}`;
}

/** What Fastify takes for the client's address: see its option `trustProxy`. A proxy may send what is no address. */
export function addressOf({ ip, socket }: FastifyRequest): string {
  return networkOf(isIP(ip) > 0 ? ip : (socket.remoteAddress ?? ''));
}

/** An address in one spelling; of IPv6 the /64, which one host can use as a whole. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [unzoned = ''] = address.split('%');
  const canonical = new SocketAddress({ address: unzoned, family: 'ipv6' }).address;
  const mapped = canonical.replace('::ffff:', '');
  if (isIPv4(mapped)) return mapped;
  const [before = [], after = []] = canonical.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}
