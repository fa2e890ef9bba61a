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

/** The part of an ioredis client that is used. */
interface Connection extends EventEmitter {
  subscribe(channel: string): Promise<unknown>;
  disconnect(reconnect: boolean): void;
}

/** Options of a client that reconnects without end, and detects a dead peer. */
export const SUBSCRIBER = {
  lazyConnect: false,
  autoResubscribe: false,
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  keepAlive: 10_000,
  retryStrategy: (attempt: number): number => Math.min(attempt * 100, 2_000),
};

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
  client.on('message', (_channel: string, message: string) => {
    // Whoever reaches Redis can publish: anything else than a key is ignored.
    if (isTokenKey(message)) listener.revoke(message);
  });
  client.on('ready', () => {
    client.subscribe(channel).then(
      () => {
        listener.clear();
        log.debug('Listening for revoked tokens');
      },
      (error: unknown) => {
        log.error({ err: error }, 'Revoked tokens cannot be listened for: connecting again');
        client.disconnect(true);
      },
    );
  });
}
