import { randomUUID } from "node:crypto";

import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { ServiceClient, ServiceClientError, type ServiceClientOptions } from "../utils/service-client";

/** Who is calling, by the word of the auth service. */
export interface AuthenticatedUser {
    readonly userId: string;
    readonly email: string | undefined;
    readonly tenantId: string | undefined;
}

/** What calls the auth service: a ServiceClient, or what does as one does. */
export type AuthServiceClient = Pick<
    ServiceClient,
    "get" | "delete" | "post" | "put" | "patch" | "getCircuitStats" | "refuseForMs" | "resetCircuit" | "close"
>;

/** Options of the client that calls the auth service, and the middleware's own. */
export interface AuthMiddlewareOptions extends Partial<ServiceClientOptions> {
    /** Where the auth service is. Default `AUTH_SERVICE_URL`, else http://localhost:24171. */
    baseUrl?: string;
    /** Makes the client from its options. Default: a ServiceClient of `baseUrl`. */
    connect?: (options: ServiceClientOptions) => AuthServiceClient;
    /** Milliseconds for a whole verification. Default 5 000. */
    timeout?: number;
    /** Default: opens after 3 failures for 30 s, closes after 2 successes. */
    circuitBreakerOptions?: NonNullable<ServiceClientOptions["circuitBreakerOptions"]>;
    /** Route of the auth service that verifies tokens. Default /auth/verify. */
    verifyPath?: string;
    /** Sent as `X-Service-Secret`. Default `SERVICE_AUTH_SECRET`; none when that is empty. */
    serviceSecret?: string;
    /**
     * When given, every route asks for a token but these: route patterns as they were registered, prefix included;
     * `/docs/*` is all below `/docs`. When absent, only routes with the `authenticate` hook ask for one.
     */
    publicRoutes?: readonly string[];
}

declare module "fastify" {
    interface FastifyInstance {
        /** An `onRequest` hook that asks for a token and sets `request.user`. */
        authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
        /** Calls the auth service; tells the state of its circuit. */
        authServiceClient: AuthServiceClient;
    }

    interface FastifyRequest {
        /** Null on routes that do not ask for a token. */
        user: AuthenticatedUser | null;
        /** The caller's `X-Correlation-ID`, or a new one; stands in the response as well. */
        correlationId: string;
    }
}

/** Who is calling; null for a token that is no good. */
type Answer = AuthenticatedUser | null;
/** A number is the milliseconds for which nobody can be asked. */
type Verifier = (token: string, correlationId: string) => Promise<Answer> | number;

const MAX_TOKEN_LENGTH = 8_192;
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * Lets the auth service decide who is calling. 401 says that the token is no good, 503 that nobody can tell now.
 * Has one client, and so one circuit, for the whole application.
 */
export const authMiddleware = fp<AuthMiddlewareOptions>(
    (app, options, done) => {
        let client: AuthServiceClient;
        try {
            client = createClient(app, options);
        } catch (error) {
            // Thrown from here it would end the process instead of failing the start.
            done(error as Error);
            return;
        }
        app.addHook("onClose", () => client.close());
        app.decorate("authServiceClient", client);

        app.decorateRequest("correlationId", "");
        app.addHook("onRequest", (request, reply, next) => {
            const correlationId = readCorrelationId(request.headers["x-correlation-id"]);
            request.correlationId = correlationId;
            void reply.header("x-correlation-id", correlationId);
            bindCorrelationId(request, reply, correlationId);
            next();
        });

        const verify = createVerifier(client, options.verifyPath ?? "/auth/verify");
        app.decorateRequest("user", null);
        app.decorate("authenticate", (request, reply) => authenticate(request, reply, client, verify));

        const { publicRoutes } = options;
        if (publicRoutes !== undefined) {
            const pass = Promise.resolve();
            app.addHook("onRequest", (request, reply) => {
                const { url } = request.routeOptions;
                const isPublic = publicRoutes.some((route) => covers(route, url));
                return isPublic ? pass : app.authenticate(request, reply);
            });
        }
        done();
    },
    { name: "auth-middleware" },
);

export default authMiddleware;

function createClient(app: FastifyInstance, options: AuthMiddlewareOptions): AuthServiceClient {
    const secret = options.serviceSecret ?? process.env["SERVICE_AUTH_SECRET"];
    const settings: ServiceClientOptions = {
        logger: app.log,
        ...options,
        baseUrl: options.baseUrl ?? process.env["AUTH_SERVICE_URL"] ?? "http://localhost:24171",
        timeout: options.timeout ?? 5_000,
        circuitBreakerOptions: {
            failureThreshold: 3,
            successThreshold: 2,
            timeout: 30_000,
            ...options.circuitBreakerOptions,
        },
        headers: { ...options.headers, "x-service-secret": secret === "" ? undefined : secret },
    };
    return options.connect?.(settings) ?? new ServiceClient(settings);
}

async function authenticate(
    request: FastifyRequest,
    reply: FastifyReply,
    client: AuthServiceClient,
    verify: Verifier,
): Promise<unknown> {
    if (request.user !== null) return undefined;
    const token = readBearerToken(request.headers.authorization);
    if (token === undefined) return refuse(reply, "Bearer");

    let user: Answer | number;
    try {
        user = await verify(token, request.correlationId);
    } catch (error) {
        return fail(error, request, reply);
    }
    if (typeof user === "number") return circuitOpen(user, request, reply, client);
    if (user === null) return refuse(reply, 'Bearer error="invalid_token"');

    request.user = user;
    const { userId, tenantId } = user;
    request.log.debug({ userId, tenantId }, "Authentication successful");
    return undefined;
}

/** Requests with the same token at the same time share one call; nothing of it is kept afterwards. */
function createVerifier(client: AuthServiceClient, path: string): Verifier {
    // The key is the whole token: two tokens can never be taken for one another.
    const inFlight = new Map<string, Promise<Answer>>();

    const ask = async (token: string, correlationId: string): Promise<Answer> => {
        try {
            // It only reads, so the client may repeat it.
            const options = { correlationId, idempotent: true };
            const { status, data } = await client.post(path, { token }, options);
            return readAnswer(data, status, correlationId);
        } catch (error) {
            const refused = error instanceof ServiceClientError && error.kind === "http" && error.status === 401;
            if (!refused) throw error;
            return null;
        } finally {
            inFlight.delete(token);
        }
    };

    return (token, correlationId) => {
        const shared = inFlight.get(token);
        if (shared !== undefined) return shared;
        // Every request meets an open circuit: to look is many times cheaper than a call that is rejected.
        const waitMs = client.refuseForMs();
        if (waitMs > 0) return waitMs;
        const call = ask(token, correlationId);
        inFlight.set(token, call);
        return call;
    };
}

/** Null when the token is not valid. @throws ServiceClientError when it is neither that nor a user */
function readAnswer(data: unknown, status: number, correlationId: string): AuthenticatedUser | null {
    const answer = typeof data === "object" && data !== null ? (data as Record<string, unknown>) : {};
    const { valid, userId, email, tenantId } = answer;
    if (valid === false) return null;
    if (valid !== true || typeof userId !== "string" || userId === "") {
        const details = { service: "auth", correlationId, status };
        throw new ServiceClientError("invalid_response", "The auth service answered nonsense", details);
    }
    return Object.freeze({ userId, email: textOrNothing(email), tenantId: textOrNothing(tenantId) });
}

function textOrNothing(value: unknown): string | undefined {
    return typeof value === "string" ? value : undefined;
}

function refuse(reply: FastifyReply, challenge: string): FastifyReply {
    return reply
        .code(401)
        .header("www-authenticate", challenge)
        .send({ error: "Invalid or expired token" });
}

/** The token could not be verified: 503, or 500 when the mistake is ours. */
function fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { log } = request;
    if (!(error instanceof ServiceClientError)) {
        log.error({ err: error }, "Authentication failed");
        return reply.code(500).send({ error: "Internal server error" });
    }
    const { kind, status, retryAfterMs } = error;
    if (status === 400 || status === 403 || status === 404) {
        const hint = "check AUTH_SERVICE_URL and SERVICE_AUTH_SECRET";
        log.error({ status }, `Auth service refuses to verify tokens: ${hint}`);
    } else {
        log.warn({ kind, status }, "Auth service is unavailable");
    }
    return unavailable(reply, retryAfterMs);
}

function circuitOpen(
    waitMs: number,
    request: FastifyRequest,
    reply: FastifyReply,
    client: AuthServiceClient,
): FastifyReply {
    const { state, consecutiveFailures, lastFailureTime } = client.getCircuitStats();
    const circuitStats = { state, consecutiveFailures, lastFailureTime };
    request.log.error({ circuitStats }, "Auth service circuit breaker is open");
    return unavailable(reply, waitMs);
}

function unavailable(reply: FastifyReply, retryAfterMs: number | undefined): FastifyReply {
    if (retryAfterMs !== undefined && Number.isFinite(retryAfterMs)) {
        void reply.header("retry-after", Math.max(1, Math.ceil(retryAfterMs / 1_000)));
    }
    return reply.code(503).send({
        error: "Authentication service temporarily unavailable. Please try again later.",
    });
}

function readBearerToken(header: string | undefined): string | undefined {
    const token = header === undefined ? undefined : BEARER.exec(header)?.[1];
    return token === undefined || token.length > MAX_TOKEN_LENGTH ? undefined : token;
}

function readCorrelationId(header: string | string[] | undefined): string {
    return typeof header === "string" && CORRELATION_ID.test(header) ? header : randomUUID();
}

/** What pino can do and other loggers may not. */
interface RequestLogger extends FastifyBaseLogger {
    setBindings?: (bindings: object) => void;
}

/**
 * Every line that is logged for this request can be found by its ID, in all services. Fastify gives each request a
 * logger of its own, and pino can be told more in place: a child of a child costs many times as much.
 */
function bindCorrelationId(request: FastifyRequest, reply: FastifyReply, correlationId: string): void {
    const log: RequestLogger = request.log;
    if (log !== request.server.log && log.setBindings !== undefined) {
        log.setBindings({ correlationId });
    } else {
        request.log = log.child({ correlationId });
        reply.log = request.log;
    }
}

function covers(route: string, url: string | undefined): boolean {
    if (url === undefined) return false;
    return route.endsWith("/*") ? `${url}/`.startsWith(route.slice(0, -1)) : route === url;
}
