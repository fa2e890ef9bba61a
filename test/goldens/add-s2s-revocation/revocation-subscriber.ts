import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { logConnection } from './log-connection.js';
import { FAIL_FAST, superviseConnection } from './redis-lifecycle.js';
import { followRevocations, type RevocationListener, type RevocationLogOptions } from './revocation-log.js';

/**
 * Has the listener told of the tokens that the auth service revokes, over a connection of its own. Gives whether it knows
 * of all of them; undefined if it is told of none.
 */
export function subscribeToRevocations(
  app: FastifyInstance,
  listener: RevocationListener,
  options: Omit<RevocationLogOptions, 'name'> = {},
): (() => boolean) | undefined {
  const url = process.env['REDIS_URL'];
  if (url === undefined || url === '') {
    app.log.warn('There is no Redis to hear of revoked tokens from: caches forget them in time');
    return undefined;
  }
  const name = 'token-revocations:acme/auth-service';
  const client = new Redis(url, FAIL_FAST);
  superviseConnection(app, client, 'revoked tokens');
  return followRevocations(app, logConnection(client), listener, { ...options, name });
}
