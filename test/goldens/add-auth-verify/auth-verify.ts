import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';

import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { type BlacklistStore, createMemoryStore, createRedisStore, FAIL_FAST, TokenBlacklist } from '../utils/token-blacklist.js';
import { createTokenVerifier, type TokenClaims, TokenError, type TokenProblem } from '../utils/token-verifier.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Call `revokeRequest(request)` on logout. */
    tokenBlacklist: TokenBlacklist;
  }
}

export interface AuthVerifyOptions {
  /** What callers must send as `X-Service-Secret`; empty: anybody may ask. Default `SERVICE_AUTH_SECRET`. */
  serviceAuthSecret?: string;
  /** Default: Redis, or memory where there is none outside production. */
  blacklistStore?: BlacklistStore;
}

/** Who a token belongs to, as other services get to know it. */
export interface Identity {
  userId: string;
  email?: string;
  tenantId?: string;
}

const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/;
const MAX_TOKEN_LENGTH = 8_192;
/** Claims in which a token says what it is for. */
const KIND_CLAIMS = ['token_use', 'token_type', 'tokenType', 'type', 'typ'];
const OTHER_KIND = /^(?:refresh|id)(?:[-_ ]?token)?$/i;
const MIN_SECRET_BYTES = 32;

const bodySchema = {
  type: 'object',
  required: ['token'],
  properties: { token: { type: 'string', maxLength: MAX_TOKEN_LENGTH } },
} as const;

const MESSAGES: Readonly<Record<TokenProblem, string>> = {
  malformed: 'Token is malformed',
  invalid: 'Token is invalid',
  expired: 'Token has expired',
  revoked: 'Token has been revoked',
};

/**
 * `POST /auth/verify`: other services ask here who a token belongs to.
 * 200 with the identity · 401 with a code when the token is no good · 403 without the service secret · 503 when it
 * cannot be told whether the token was revoked.
 */
export const authVerify = fp<AuthVerifyOptions>(
  async (app, options) => {
    assertSecret(app, process.env['JWT_SECRET'] ?? 'development-secret-of-the-acme-auth-service');
    const verify = createTokenVerifier(app);
    const store = options.blacklistStore ?? createStore(app);
    const blacklist = new TokenBlacklist(store, verify);
    app.decorate('tokenBlacklist', blacklist);
    const serviceSecret = options.serviceAuthSecret ?? process.env['SERVICE_AUTH_SECRET'] ?? '';

    // In a context of its own, so that the hooks are this route's alone.
    await app.register(async (route) => {
      route.addHook('onRequest', async (request, reply) => {
        void reply.header('cache-control', 'no-store');
        // Where the application has the auth middleware, the request has its ID already.
        if (!reply.hasHeader('x-correlation-id')) setCorrelationId(request, reply);
        if (serviceSecret === '' || isSame(request.headers['x-service-secret'], serviceSecret)) return;
        request.log.warn('Token verification refused: the caller did not present the service secret');
        return reply.code(403).send({ valid: false, error: 'Forbidden' });
      });

      route.setErrorHandler((error: FastifyError, request, reply) => {
        const status = error.statusCode ?? 500;
        if (status >= 400 && status < 500) return reply.code(status).send({ valid: false, error: error.message });
        return fail(error, request, reply);
      });

      route.post<{ Body: { token: string } }>('/auth/verify', { schema: { body: bodySchema } }, async (request, reply) => {
        const { token } = request.body;
        try {
          const claims = verify(token);
          const identity = toIdentity(claims);
          const revoked = await isRevoked(blacklist, token, request);
          if (revoked === undefined) {
            return await reply.code(503).send({ valid: false, error: 'Token status is not available' });
          }
          if (revoked) throw new TokenError('revoked');
          request.log.debug({ userId: identity.userId, tenantId: identity.tenantId }, 'Token verified');
          return await reply.send({ valid: true, ...identity });
        } catch (error) {
          // Whatever status it names: this is no answer about the token.
          if (!(error instanceof TokenError)) return await fail(error, request, reply);
          request.log.info({ code: error.code }, 'Token refused');
          return reply.code(401).send({ valid: false, error: MESSAGES[error.code], code: error.code });
        }
      });
    });
  },
  { name: 'auth-verify', fastify: '5.x' },
);

export default authVerify;

/**
 * The claims that this service signs, under the names that other services use.
 * @throws TokenError `invalid` when the token names no user, or is a refresh or ID token
 */
export function toIdentity(claims: TokenClaims): Identity {
  const userId = firstText(claims, ['sub', 'userId', 'user_id', 'id']);
  const email = firstText(claims, ['email']);
  const tenantId = firstText(claims, ['tenantId', 'tenant_id', 'tenant', 'orgId', 'org_id', 'org']);
  if (userId === undefined || isOtherKind(claims)) throw new TokenError('invalid');
  return { userId, ...(email !== undefined && { email }), ...(tenantId !== undefined && { tenantId }) };
}

/** The same key may sign tokens that are no proof of who is calling. */
function isOtherKind(claims: TokenClaims): boolean {
  return KIND_CLAIMS.some((name) => {
    const kind = claims[name];
    return typeof kind === 'string' && OTHER_KIND.test(kind);
  });
}

/** A mistake of this service: never an answer about the token. */
function fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.log.error({ err: error }, 'Token verification failed');
  return reply.code(500).send({ valid: false, error: 'Internal server error' });
}

function firstText(claims: TokenClaims, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = claims[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  }
  return undefined;
}

/** The caller's ID, or a new one, for the response and for every line of the log. */
function setCorrelationId(request: FastifyRequest, reply: FastifyReply): void {
  const given = request.headers['x-correlation-id'];
  const correlationId = typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUID();
  void reply.header('x-correlation-id', correlationId);
  bindCorrelationId(request, reply, correlationId);
}

/** What pino can do and other loggers may not. */
interface RequestLogger extends FastifyBaseLogger {
  setBindings?: (bindings: object) => void;
}

/**
 * Every line that is logged for this request can be found by its ID, in all services. Fastify's own factory gives each
 * request a logger of its own, and pino can be told more in place: a child of a child costs many times as much. Another
 * factory may give one logger to many requests.
 */
function bindCorrelationId(request: FastifyRequest, reply: FastifyReply, correlationId: string): void {
  const log: RequestLogger = request.log;
  const isOwn = log !== request.server.log && request.server.childLoggerFactory.name === 'defaultChildLoggerFactory';
  if (isOwn && log.setBindings !== undefined) {
    log.setBindings({ correlationId });
  } else {
    request.log = log.child({ correlationId });
    reply.log = request.log;
  }
}

/** Compares hashes, so that neither length nor content shows in the time it takes. */
function isSame(given: string | string[] | undefined, secret: string): boolean {
  if (typeof given !== 'string') return false;
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(secret));
}

/** Half of a short secret is found in an afternoon, and with it every token. */
function assertSecret(app: FastifyInstance, secret: string): void {
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return;
  const message = `The JWT secret must have at least ${String(MIN_SECRET_BYTES)} bytes`;
  if (process.env['NODE_ENV'] === 'production') throw new Error(message);
  app.log.warn(message);
}

/** Undefined when it cannot be told. */
async function isRevoked(
  blacklist: TokenBlacklist,
  token: string,
  { log }: FastifyRequest,
): Promise<boolean | undefined> {
  try {
    return await blacklist.isRevoked(token);
  } catch (error) {
    log.error({ err: error }, 'Token blacklist cannot be asked');
    return undefined;
  }
}

function createStore(app: FastifyInstance): BlacklistStore {
  const shared = app.redis;
  if (shared === undefined) {
    const message = 'The token blacklist needs Redis, and there is none';
    if (process.env['NODE_ENV'] === 'production') throw new Error(message);
    app.log.warn(`${message}: revoked tokens are kept in memory`);
    return createMemoryStore();
  }
  const client = shared.duplicate(FAIL_FAST);
  client.on('error', (error: Error) => {
    app.log.error({ err: error }, 'Redis connection of the token blacklist failed');
  });
  app.addHook('onClose', () => {
    client.disconnect();
  });
  // The first request must not meet a connection that is still being made; without Redis the service starts as well.
  app.addHook('onReady', async () => {
    if (client.status === 'ready') return;
    await once(client, 'ready', { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  });
  return createRedisStore(client);
}
