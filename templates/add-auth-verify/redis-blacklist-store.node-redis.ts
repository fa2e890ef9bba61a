import { createReplyPatience } from './redis-reply.ts';
import type { BlacklistStore } from './token-blacklist.ts';

/** The part of node-redis that is used. */
export interface RedisClient {
  set(key: string, value: string, options: { EX: number }): Promise<unknown>;
  exists(key: string): Promise<number>;
}

/** Stores revoked tokens in Redis, for all instances. `prefix` separates them from keys of other products. */
export function createRedisStore(client: RedisClient, prefix: string): BlacklistStore {
  const replyTo = createReplyPatience();
  return {
    async add(key, seconds) {
      await replyTo(client.set(prefix + key, '1', { EX: seconds }));
    },
    async has(key) {
      return (await replyTo(client.exists(prefix + key))) > 0;
    },
  };
}
