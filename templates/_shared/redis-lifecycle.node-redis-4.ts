import { type EventEmitter, once } from 'node:events';

import type { FastifyInstance } from 'fastify';

/** The part of node-redis 4 that is used. */
interface Connection extends EventEmitter {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  disconnect(): Promise<void>;
}

/** Connects, logs errors, closes the connection with the application, and delays readiness until it is made, by 1 s at most. */
export function superviseConnection(app: FastifyInstance, client: Connection, use: string): void {
  const logError = (error: unknown): void => {
    app.log.error({ err: error }, `Redis connection of the ${use} failed`);
  };
  client.on('error', logError);
  client.connect().catch(logError);
  app.addHook('onClose', async () => {
    if (client.isOpen) await client.disconnect();
  });
  app.addHook('onReady', async () => {
    if (client.isReady) return;
    await once(client, 'ready', { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  });
}
