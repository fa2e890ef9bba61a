import type { FastifyInstance } from 'fastify';
import type { Denylist } from './local-verifier.js';
import { subscribeToRevocations } from './revocation-subscriber.js';
import { RevokedTokens } from './revoked-tokens.js';
import { tokenKey } from './token-key.js';

/**
 * The tokens that the auth service has revoked, for a localVerifier. Without Redis nobody gets in in production; elsewhere
 * no token counts as revoked then.
 */
export function followDenylist(app: FastifyInstance): Denylist {
  const tokens = new RevokedTokens();
  const isTold = subscribeToRevocations(app, tokens, { readsAll: true });
  return {
    keyOf: tokenKey,
    has: (key) => tokens.has(key),
    isTold: isTold ?? (() => process.env['NODE_ENV'] !== 'production'),
  };
}
