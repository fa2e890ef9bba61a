import { createHash, randomUUID, timingSafeEqual } from "node:crypto";

import type {
  FastifyBaseLogger,
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest
} from "fastify";

import {
  type TokenClaims,
  TokenError,
  type TokenProblem,
  type TokenVerifier
} from "./token-claims.js";

/** The owner of a token, as other services know it. */
export interface Identity {
  userId: string;
  email?: string;
  tenantId?: string;
}

export interface VerifyHandlerOptions {
  verify: TokenVerifier;
  /** @throws TokenError `invalid` if the claims do not authenticate a user */
  toIdentity: (claims: TokenClaims) => Identity;
  /** Whether login signs tokens with these claims; other tokens of the same key are `invalid`. Default: any. */
  isOfLogin?: (claims: TokenClaims) => boolean;
  /** Rejects if the denylist does not answer. Default: no denylist. */
  isRevoked?: (token: string) => Promise<boolean>;
  /** An additional check of the service; a falsy result counts as revoked. */
  isAccepted?: (claims: TokenClaims, request: FastifyRequest) => unknown;
}

type VerifyRequest = FastifyRequest<{ Body: { token: string } }>;

const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/;
const MESSAGES: Readonly<Record<TokenProblem, string>> = {
  malformed: "Token is malformed",
  invalid: "Token is invalid",
  expired: "Token has expired",
  revoked: "Token has been revoked"
};

/** Adds correlation ID, service secret (empty: none), JSON and error answers to the context of the verify route. */
export function addVerifyHooks(
  route: FastifyInstance,
  serviceSecret: string
): void {
  // The application may parse JSON in another way, for example as a buffer for signed webhooks.
  route.removeContentTypeParser("application/json");
  const parser = route.getDefaultJsonParser("error", "error");
  route.addContentTypeParser("application/json", { parseAs: "string" }, parser);

  route.addHook("onRequest", async (request, reply) => {
    void reply.header("cache-control", "no-store");
    // With the auth middleware in the application, the request has its ID already.
    if (!reply.hasHeader("x-correlation-id")) setCorrelationId(request, reply);
    if (
      serviceSecret === "" ||
      isSame(request.headers["x-service-secret"], serviceSecret)
    )
      return;
    request.log.warn(
      "Token verification refused: the caller did not present the service secret"
    );
    return reply.code(403).send({ valid: false, error: "Forbidden" });
  });

  route.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500)
      return reply.code(status).send({ valid: false, error: error.message });
    return fail(error, request, reply);
  });
}

/** Answers 200 with the identity, 401 with a code if the token is not valid, and 503 without the denylist. */
export function createVerifyHandler(
  options: VerifyHandlerOptions
): (request: VerifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const { verify, toIdentity, isOfLogin, isRevoked, isAccepted } = options;
  return async (request, reply) => {
    const { token } = request.body;
    try {
      const claims = await verify(token);
      if (isOfLogin?.(claims) === false) throw new TokenError("invalid");
      const identity = toIdentity(claims);
      const revoked =
        isRevoked !== undefined &&
        (await orUndefined(() => isRevoked(token), request));
      if (revoked === undefined) {
        return await reply
          .code(503)
          .send({ valid: false, error: "Token status is not available" });
      }
      if (
        revoked ||
        (isAccepted !== undefined && !(await isAccepted(claims, request)))
      ) {
        throw new TokenError("revoked");
      }
      request.log.debug(
        { userId: identity.userId, tenantId: identity.tenantId },
        "Token verified"
      );
      return await reply.send({ valid: true, ...identity });
    } catch (error) {
      // Whatever status the error has: it says nothing about the token.
      if (!(error instanceof TokenError))
        return await fail(error, request, reply);
      request.log.info({ code: error.code }, "Token refused");
      return reply
        .code(401)
        .send({ valid: false, error: MESSAGES[error.code], code: error.code });
    }
  };
}

/** A mistake of this service: never an answer about the token. */
function fail(
  error: unknown,
  { log }: FastifyRequest,
  reply: FastifyReply
): FastifyReply {
  log.error({ err: error }, "Token verification failed");
  return reply.code(500).send({ valid: false, error: "Internal server error" });
}

/** Undefined if the denylist does not answer. */
async function orUndefined<T>(
  ask: () => Promise<T>,
  { log }: VerifyRequest
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    log.error({ err: error }, "Token denylist does not answer");
    return undefined;
  }
}

/** The caller's correlation ID or a new one, on the response and in every log line. */
function setCorrelationId(request: FastifyRequest, reply: FastifyReply): void {
  const given = request.headers["x-correlation-id"];
  const correlationId =
    typeof given === "string" && CORRELATION_ID.test(given)
      ? given
      : randomUUID();
  void reply.header("x-correlation-id", correlationId);
  bindCorrelationId(request, reply, correlationId);
}

/** What pino can do and other loggers may not. */
interface RequestLogger extends FastifyBaseLogger {
  bindings?: () => object;
  setBindings?: (bindings: object) => void;
}

/**
 * Fastify's own factory gives each request its own logger, and pino binds in place: a child of a child costs many times as
 * much. Another factory may give one logger to many requests.
 */
function bindCorrelationId(
  request: FastifyRequest,
  reply: FastifyReply,
  correlationId: string
): void {
  const log: RequestLogger = request.log;
  // The service may log its request ID under a label of its own.
  const bound =
    correlationId === request.id ? Object.entries(log.bindings?.() ?? {}) : [];
  if (
    bound.some(([label, value]) => label !== "reqId" && value === correlationId)
  )
    return;
  const isOwn =
    log !== request.server.log &&
    request.server.childLoggerFactory.name === "defaultChildLoggerFactory";
  if (isOwn && log.setBindings !== undefined) {
    log.setBindings({ correlationId });
  } else {
    request.log = log.child({ correlationId });
    reply.log = request.log;
  }
}

/** Compares hashes: the time shows neither length nor content. */
function isSame(given: string | string[] | undefined, secret: string): boolean {
  if (typeof given !== "string") return false;
  const hash = (text: string): Buffer =>
    createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(secret));
}
