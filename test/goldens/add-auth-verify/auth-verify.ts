import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { createMemoryStore } from '../utils/memory-blacklist-store.js';
import { createRedisStore } from '../utils/redis-blacklist-store.js';
import { FAIL_FAST, superviseConnection } from '../utils/redis-lifecycle.js';
import { type BlacklistStore, TokenBlacklist } from '../utils/token-blacklist.js';
import { type TokenClaims, TokenError } from '../utils/token-claims.js';
import { createTokenVerifier } from '../utils/token-verifier.js';
import { addVerifyHooks, createVerifyHandler, type Identity } from '../utils/verify-route.js';

export interface AuthVerifyOptions {
  /** Callers send it as `X-Service-Secret`; empty: anybody may ask. Default `SERVICE_AUTH_SECRET`. */
  serviceAuthSecret?: string;
  /** Default: Redis, or memory where there is none outside production. */
  blacklistStore?: BlacklistStore;
}

/** Claims that name the purpose of a token: the same key may sign some that do not authenticate a caller. */
const KIND_CLAIMS = ['token_use', 'token_type', 'tokenType', 'type', 'typ'];
const OTHER_KIND = /^(?:refresh|id)(?:[-_ ]?token)?$/i;
const bodySchema = {
  type: 'object',
  required: ['token'],
  properties: { token: { type: 'string', maxLength: 8_192 } },
} as const;

/** `POST /auth/verify`: other services ask here who a token belongs to. */
export const authVerify = fp<AuthVerifyOptions>(
  async (app, options) => {
    assertSecret(process.env['JWT_SECRET'] ?? 'development-secret-of-the-acme-auth-service', app.log);
    const verify = createTokenVerifier(() => app.jwt, 'HS256');
    const blacklist = new TokenBlacklist(options.blacklistStore ?? createStore(app), verify);
    app.decorate('tokenBlacklist', blacklist);
    const handler = createVerifyHandler({ verify, toIdentity, blacklist });

    // In a context of its own, so that the hooks are this route's alone.
    await app.register(async (route) => {
      addVerifyHooks(route, options.serviceAuthSecret ?? process.env['SERVICE_AUTH_SECRET'] ?? '');
      route.post<{ Body: { token: string } }>('/auth/verify', { schema: { body: bodySchema } }, handler);
    });
  },
  { name: 'auth-verify', fastify: '5.x' },
);

export default authVerify;

/**
 * The claims that this service signs, under the names that other services use.
 * @throws TokenError `invalid` if the token names no user, or is a refresh or ID token
 */
export function toIdentity(claims: TokenClaims): Identity {
  const userId = firstText(claims, ['sub', 'userId', 'user_id', 'id']);
  const email = firstText(claims, ['email']);
  const tenantId = firstText(claims, ['tenantId', 'tenant_id', 'tenant', 'orgId', 'org_id', 'org']);
  const isOtherKind = KIND_CLAIMS.some((name) => OTHER_KIND.test(firstText(claims, [name]) ?? ''));
  if (userId === undefined || isOtherKind) throw new TokenError('invalid');
  return { userId, email, tenantId };
}

function firstText(claims: TokenClaims, names: readonly string[]): string | undefined {
  const isText = (value: unknown): value is string | number =>
    (typeof value === 'string' && value !== '') || Number.isFinite(value);
  const value = names.map((name) => claims[name]).find(isText);
  return value === undefined ? undefined : String(value);
}

/**
 * Logs a warning about a short secret: it can be found offline from one token, and then signs any token.
 * @throws Error in production
 */
function assertSecret(secret: string | Uint8Array, log: FastifyBaseLogger): void {
  if (Buffer.byteLength(secret) >= 32) return;
  const message = 'The JWT secret must have at least 32 bytes';
  if (process.env['NODE_ENV'] === 'production') throw new Error(message);
  log.warn(message);
}

function createStore(app: FastifyInstance): BlacklistStore {
  const shared = app.redis;
  if (shared === undefined) {
    const message = 'The token denylist needs Redis, and there is none';
    if (process.env['NODE_ENV'] === 'production') throw new Error(message);
    app.log.warn(`${message}: revoked tokens are kept in memory`);
    return createMemoryStore();
  }
  const client = shared.duplicate(FAIL_FAST);
  superviseConnection(app, client, 'token denylist');
  return createRedisStore(client, 'token-blacklist:acme/auth-service:');
}
