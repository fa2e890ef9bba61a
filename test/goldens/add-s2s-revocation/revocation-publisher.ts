import type { FastifyBaseLogger } from 'fastify';

import type { BlacklistStore } from './token-blacklist.js';

/** The part of a Redis client that is used. */
export interface RevocationClient {
  publish(channel: string, message: string): Promise<unknown>;
}

/** What the services that cache claims listen to; a message is the key of the denylist, never a token. */
const CHANNEL = 'token-revocations:acme/auth-service';

/**
 * A denylist that tells every service when a token is revoked, so that none waits for its cache to forget it. Nobody
 * waits for the message: where it cannot be sent, the token is revoked all the same, and caches forget it in time.
 */
export function publishRevocations(
  store: BlacklistStore,
  client: RevocationClient,
  log: Pick<FastifyBaseLogger, 'warn'>,
): BlacklistStore {
  return {
    async add(key, seconds) {
      await store.add(key, seconds);
      // Only now: who forgets the token asks again, and must be told that it is revoked.
      client.publish(CHANNEL, key).catch((error: unknown) => {
        log.warn({ err: error }, 'A revocation could not be published: caches forget the token in time');
      });
    },
    has: (key) => store.has(key),
  };
}
