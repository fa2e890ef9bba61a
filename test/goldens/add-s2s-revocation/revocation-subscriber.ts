import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { superviseConnection } from './redis-lifecycle.js';
import { listenForRevocations, type RevocationListener, SUBSCRIBER } from './revocation-listener.js';

/** Passes revocations that the auth service publishes to the listener, over a connection of its own. */
export function subscribeToRevocations(app: FastifyInstance, listener: RevocationListener): void {
  const url = process.env['REDIS_URL'];
  if (url === undefined || url === '') {
    app.log.warn('There is no Redis to hear of revoked tokens from: caches forget them in time');
    return;
  }
  const channel = 'token-revocations:acme/auth-service';
  const client = new Redis(url, SUBSCRIBER);
  superviseConnection(app, client, 'revoked tokens');
  listenForRevocations(client, channel, listener, app.log);
}
