import { type EventEmitter, once } from 'node:events';

import type { FastifyInstance } from 'fastify';

/** The part of a node-redis client that is used. */
interface Connection extends EventEmitter {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
}

/**
 * Connects, logs errors and closes the connection with the application. The application becomes ready once the
 * connection is, and after 1 s in any case: the first request must not meet a connection in the making.
 */
export function superviseConnection(app: FastifyInstance, client: Connection, use: string): void {
  const logError = (error: unknown): void => {
    app.log.error({ err: error }, `Redis connection of the ${use} failed`);
  };
  client.on('error', logError);
  client.connect().catch(logError);
  app.addHook('onClose', () => {
    if (client.isOpen) client.destroy();
  });
  app.addHook('onReady', async () => {
    if (client.isReady) return;
    await once(client, 'ready', { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  });
}
