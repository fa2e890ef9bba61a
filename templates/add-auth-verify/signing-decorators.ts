import type { FastifyInstance, RouteShorthandOptions } from 'fastify';

import type { SigningKeys, SigningOptions } from './signing-keys.ts';
import type { TokenVerifier } from './token-claims.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Signs an access token that expires after `lifetimeS` seconds, a whole number above 0, with the current key. */
    signToken: (claims: object, lifetimeS: number) => string;
    /** Options with which `app.jwt.sign` (@fastify/jwt) signs an access token with the current key. */
    readonly signingOptions: SigningOptions;
    /** The claims of a valid token; throws or rejects with a TokenError. It does not ask the denylist. */
    verifyToken: TokenVerifier;
  }
}

const JWKS_PATH = '/.well-known/jwks.json';
/** Seconds for which a cache may keep the key set: a new key must be published for longer before it signs. */
const JWKS_MAX_AGE_S = 300;

/** Decorates the application with `signToken`, `signingOptions` and `verifyToken`, and publishes the public keys. */
export function addSigningKeys(
  app: FastifyInstance,
  keys: SigningKeys,
  verifyToken: TokenVerifier,
  routeOptions: RouteShorthandOptions = {},
): void {
  app.decorate('signToken', keys.signToken);
  // Not a plain member, which would be printed with the application.
  app.decorate('signingOptions', { getter: () => keys.signingOptions });
  app.decorate('verifyToken', verifyToken);
  app.get(JWKS_PATH, routeOptions, async (_request, reply) =>
    reply
      .header('cache-control', `public, max-age=${String(JWKS_MAX_AGE_S)}`)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify({ keys: keys.published })),
  );
}
