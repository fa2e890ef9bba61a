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
  type TokenVerifier
} from "./token-claims.js";

/** The owner of a token, as other services know it. */
export interface Identity {
  userId: string;
  email?: string | undefined;
  tenantId?: string | undefined;
}

export interface VerifyHandlerOptions {
  verify: TokenVerifier;
  /** @throws TokenError `invalid` if the claims do not authenticate a user */
  toIdentity: (claims: TokenClaims) => Identity;
  /** Rejects if it does not answer. Default: no denylist. */
  blacklist?: { isRevoked(token: string): Promise<boolean> };
  /** An additional check of the service; a falsy result counts as revoked. */
  isAccepted?: (claims: TokenClaims, request: FastifyRequest) => unknown;
}

type VerifyRequest = FastifyRequest<{ Body: { token: string } }>;

/** Adds correlation ID, service secret (empty: none), JSON and error answers to the context of the verify route. */
export function addVerifyHooks(
  route: FastifyInstance,
  serviceSecret: string
): void {
  // The application may parse JSON in another way, for example as a buffer for signed webhooks.
  route.removeContentTypeParser("application/json");
  const parser = route.getDefaultJsonParser("error", "error");
  route.addContentTypeParser("application/json", { parseAs: "string" }, parser);

  // Hashes are compared: the time shows neither length nor content.
  const hash = (text: string): Buffer =>
    createHash("sha256").update(text).digest();
  const secretHash = hash(serviceSecret);
  route.addHook("onRequest", async (request, reply) => {
    const answer = reply.header("cache-control", "no-store");
    // With the auth middleware in the application, the request has its ID already.
    if (!answer.hasHeader("x-correlation-id"))
      setCorrelationId(request, answer);
    const given = request.headers["x-service-secret"];
    const isKnown =
      typeof given === "string" && timingSafeEqual(hash(given), secretHash);
    if (serviceSecret === "" || isKnown) return;
    request.log.warn(
      "Token verification refused: the caller did not present the service secret"
    );
    return answer.code(403).send({ valid: false, error: "Forbidden" });
  });

  route.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500)
      return reply.code(status).send({ valid: false, error: error.message });
    if (status !== 503) return fail(error, request, reply);
    // A hook of the application refuses all requests for now: it is overloaded, or something that it needs is down.
    request.log.warn({ err: error }, "Token verification is unavailable");
    return reply.code(503).send({ valid: false, error: "Service unavailable" });
  });
}

/** Answers 200 with the identity, 401 with a code if the token is not valid, and 503 without the denylist. */
export function createVerifyHandler(
  options: VerifyHandlerOptions
): (request: VerifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const { verify, toIdentity, blacklist, isAccepted = () => true } = options;
  return async (request, reply) => {
    const { body, log } = request;
    try {
      const claims = await verify(body.token);
      const identity = toIdentity(claims);
      const revoked = await blacklist
        ?.isRevoked(body.token)
        .catch((error: unknown) => {
          log.error({ err: error }, "Token denylist does not answer");
          return "unknown";
        });
      if (revoked === "unknown") {
        return await reply
          .code(503)
          .send({ valid: false, error: "Token status is not available" });
      }
      if (revoked || !(await isAccepted(claims, request)))
        throw new TokenError("revoked");
      log.debug(
        { userId: identity.userId, tenantId: identity.tenantId },
        "Token verified"
      );
      return await reply.send({ valid: true, ...identity });
    } catch (error) {
      // Whatever status the error has: it says nothing about the token.
      if (!(error instanceof TokenError))
        return await fail(error, request, reply);
      log.info({ code: error.code }, "Token refused");
      return reply
        .code(401)
        .send({ valid: false, error: error.message, code: error.code });
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

/** Puts the caller's correlation ID, or a new one, on the response and into every log line. */
function setCorrelationId(request: FastifyRequest, reply: FastifyReply): void {
  const given = request.headers["x-correlation-id"];
  const correlationId =
    typeof given === "string" && /^[A-Za-z0-9._:-]{1,128}$/.test(given)
      ? given
      : randomUUID();
  const answer = reply.header("x-correlation-id", correlationId);

  const { childLoggerFactory, log: appLog } = request.server;
  const log: FastifyBaseLogger & { setBindings?: (bindings: object) => void } =
    request.log;
  // Fastify's own factory gives each request its own logger, and pino binds in place: a child of a child costs more.
  if (
    log.setBindings &&
    log !== appLog &&
    childLoggerFactory.name === "defaultChildLoggerFactory"
  ) {
    log.setBindings({ correlationId });
  } else {
    request.log = log.child({ correlationId });
    answer.log = request.log;
  }
}
