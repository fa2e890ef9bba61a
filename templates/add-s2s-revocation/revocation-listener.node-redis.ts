import type { EventEmitter } from 'node:events';

import type { FastifyBaseLogger } from 'fastify';

import { isTokenKey } from '../add-auth-verify/token-key.ts';

/** What hears of revocations; a ClaimCache is one. */
export interface RevocationListener {
  /** The token with that key (of token-key.ts) is revoked. */
  revoke(key: string): void;
  /** Revocations may have been missed: nobody was subscribed until now. */
  clear(): void;
}

/** The part of a node-redis client that is used. */
interface Connection extends EventEmitter {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
}

/**
 * Subscribes on each connection. Redis stores no message, so those published while the connection was down are lost: the
 * listener is cleared each time.
 */
export function listenForRevocations(
  client: Connection,
  channel: string,
  listener: RevocationListener,
  log: FastifyBaseLogger,
): void {
  const onMessage = (message: string): void => {
    // Whoever reaches Redis can publish: anything else than a key is ignored.
    if (isTokenKey(message)) listener.revoke(message);
  };
  client.on('ready', () => {
    // After a reconnection, the client has subscribed again by itself, and this only waits for it.
    client.subscribe(channel, onMessage).then(
      () => {
        listener.clear();
        log.debug('Listening for revoked tokens');
      },
      (error: unknown) => {
        log.error({ err: error }, 'Revoked tokens cannot be listened for');
      },
    );
  });
}
