import type { FastifyInstance } from 'fastify';
import { createRedisBuckets, withFallback } from './redis-buckets.js';
import { FAIL_FAST, superviseConnection } from './redis-lifecycle.js';
import { createMemoryBuckets, type TokenBuckets } from './token-bucket.js';

export interface SharedBucketsOptions {
  /**
   * When Redis does not answer within 50 ms. `memory`, the default: each instance limits by itself, so that buckets fill
   * up as many times faster as there are instances. `refuse`: 503.
   */
  whenRedisIsDown?: 'memory' | 'refuse';
}

const refusing: TokenBuckets = {
  take: () => Promise.reject(new Error('Redis does not answer')),
  give: () => undefined,
};

/** Buckets in Redis, for all instances together. */
export function createSharedBuckets(
  app: FastifyInstance,
  { whenRedisIsDown = 'memory' }: SharedBucketsOptions,
): TokenBuckets {
  const own = createMemoryBuckets();
  const shared = app.redis;
  if (shared === undefined) {
    app.log.warn('There is no Redis: each instance limits the rate by itself');
    return own;
  }
  const client = shared.duplicate(FAIL_FAST);
  superviseConnection(app, client, 'rate limit');
  return withFallback(
    createRedisBuckets(client, 'rate-limit:acme/auth-service:'),
    whenRedisIsDown === 'memory' ? own : refusing,
    (error) => {
      app.log.error({ err: error, whenRedisIsDown }, 'Redis of the rate limit does not answer');
    },
  );
}
