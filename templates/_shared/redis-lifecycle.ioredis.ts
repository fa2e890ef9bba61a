import { type EventEmitter, once } from 'node:events';

import type { FastifyInstance } from 'fastify';

/** The part of ioredis that is used. */
interface Connection extends EventEmitter {
  readonly status: string;
  disconnect(): void;
}

/** Commands fail at once without a connection. */
export const FAIL_FAST = {
  lazyConnect: false,
  connectTimeout: 1_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
} as const;

/** Logs errors of a connection, closes it with the application, and delays readiness until it is made, by 1 s at most. */
export function superviseConnection(app: FastifyInstance, client: Connection, use: string): void {
  client.on('error', (error: Error) => {
    app.log.error({ err: error }, `Redis connection of the ${use} failed`);
  });
  app.addHook('onClose', () => {
    client.disconnect();
  });
  app.addHook('onReady', async () => {
    if (client.status === 'ready') return;
    await once(client, 'ready', { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  });
}
