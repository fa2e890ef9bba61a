import { once } from 'node:events';

import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { isTokenKey } from './token-key.js';

/** What hears of revocations; a ClaimCache is one. */
export interface RevocationListener {
  /** The token of that key (of token-key.ts) is revoked. */
  revoke(key: string): void;
  /** Revocations may have been missed: until now, nobody listened. */
  clear(): void;
}

/** A connection of its own that comes back for ever, and notices by itself when the other side is gone. */
const SUBSCRIBER = {
  lazyConnect: false,
  autoResubscribe: false,
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  keepAlive: 10_000,
  retryStrategy: (attempt: number): number => Math.min(attempt * 100, 2_000),
};

/**
 * Passes on what the auth service publishes when a token is revoked. Redis keeps no message: what is published while
 * the connection is down is lost, so whenever it is back, the listener is told to forget everything.
 */
export function subscribeToRevocations(app: FastifyInstance, listener: RevocationListener): void {
  const url = process.env['REDIS_URL'];
  if (url === undefined || url === '') {
    app.log.warn('There is no Redis to hear of revoked tokens from: caches forget them in time');
    return;
  }
  const channel = 'token-revocations:acme/auth-service';
  const client = new Redis(url, SUBSCRIBER);
  client.on('error', (error: Error) => {
    app.log.error({ err: error }, 'Redis connection of the revoked tokens failed');
  });
  app.addHook('onClose', () => {
    client.disconnect();
  });
  // The first request must not meet a connection that is still being made; without Redis the service starts as well.
  app.addHook('onReady', async () => {
    if (client.status === 'ready') return;
    await once(client, 'ready', { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  });
  const onMessage = (message: string): void => {
    // Whoever reaches Redis can publish: what is no key is no news.
    if (isTokenKey(message)) listener.revoke(message);
  };
  client.on('message', (_channel: string, message: string) => {
    onMessage(message);
  });
  client.on('ready', () => {
    client.subscribe(channel).then(
      () => {
        listener.clear();
        app.log.debug('Listening for revoked tokens');
      },
      (error: unknown) => {
        app.log.error({ err: error }, 'Revoked tokens cannot be listened for: connecting again');
        client.disconnect(true);
      },
    );
  });
}
