import fp from 'fastify-plugin';
import { limitRequests, type RequestLimitOptions } from '../utils/request-limit.js';
import { createSharedBuckets, type SharedBucketsOptions } from '../utils/shared-buckets.js';
import type { Quota } from '../utils/token-bucket.js';
import { limitVerifications, type VerifyLimitOptions } from '../utils/verify-limit.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The quota of this route for each caller; false: no limit. Same name as in @fastify/rate-limit. */
    rateLimit?: Quota | false;
  }
}

export type RateLimitOptions = RequestLimitOptions & VerifyLimitOptions & SharedBucketsOptions;

/**
 * Limits the requests of each caller to each route by token buckets, and turns callers away that try bad tokens: 429 with
 * `Retry-After`, and on every answer of a limited route `RateLimit-Limit`, `-Remaining` and `-Reset` as in
 * draft-ietf-httpapi-ratelimit-headers-06, in seconds. Register it before the plugins whose tokens it protects.
 */
export const rateLimit = fp<RateLimitOptions>(
  (app, options, done) => {
    try {
      limitRequests(app, {
        ...limitVerifications('/auth/verify', process.env['SERVICE_AUTH_SECRET'] ?? '', options),
        ...options,
        unlimitedRoutes: options.unlimitedRoutes ?? ['/health'],
        buckets: options.buckets ?? createSharedBuckets(app, options),
      });
      done();
    } catch (error) {
      done(error as Error);
    }
  },
  { name: 'rate-limit' },
);

export default rateLimit;
