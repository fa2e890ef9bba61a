import { randomUUID } from "node:crypto";
import { isIP } from "node:net";

import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RouteOptions
} from "fastify";
import fp from "fastify-plugin";
import {
  ServiceClient,
  ServiceClientError,
  type ServiceClientOptions
} from "../utils/service-client.js";

/** Who is calling, by the word of the auth service. */
export interface AuthenticatedUser {
  readonly userId: string;
  readonly email: string | undefined;
  readonly tenantId: string | undefined;
}

/** What calls the auth service: a ServiceClient, or what does as one does. */
export type AuthServiceClient = Omit<
  ServiceClient,
  "origin" | "service" | "getRetryBudget"
>;

/** Options of the client that calls the auth service, and the middleware's own. */
export interface AuthMiddlewareOptions extends Partial<ServiceClientOptions> {
  /** Where the auth service is. Default `AUTH_SERVICE_URL`, else http://localhost:4381. */
  baseUrl?: string;
  /** Makes the client from its options. Default: a ServiceClient of `baseUrl`. */
  connect?: (options: ServiceClientOptions) => AuthServiceClient;
  /** Milliseconds for a whole verification. Default 5 000. */
  timeout?: number;
  /** Default: opens after 3 failures for 30 s, closes after 2 successes. */
  circuitBreakerOptions?: NonNullable<
    ServiceClientOptions["circuitBreakerOptions"]
  >;
  /** Route of the auth service that verifies tokens. Default /auth/verify. */
  verifyPath?: string;
  /** Sent as `X-Service-Secret`. Default `SERVICE_AUTH_SECRET`; none when that is empty. */
  serviceSecret?: string;
  /**
   * When given, every route asks for a token but these: a method and a pattern as it was registered, prefix included.
   * `GET /docs/*` is all below `/docs`, and GET is HEAD too. When absent, only routes with the `authenticate` hook ask.
   */
  publicRoutes?: readonly string[];
  /**
   * Observes what came of each request's token, and decides nothing: what it throws is logged at error, and the request
   * goes on. Authorise in a hook of your own. Default: none.
   */
  onVerified?: (
    result: VerificationResult,
    cached: boolean,
    correlationId: string
  ) => void;
  /** Remembers what the auth service said. Default: none, and each token is asked about each time. */
  cache?: AnswerCache;
}

/**
 * What came of a token: `valid` the user is known · `invalid` it is no good · `missing` there was none at all ·
 * `unavailable` nobody could tell · `circuit_open` nobody was asked · `error` a mistake of our own.
 */
export type VerificationResult =
  "valid" | "invalid" | "missing" | "unavailable" | "circuit_open" | "error";

/** Remembers answers of the auth service, null for a token that is no good; a ClaimCache does. */
export interface AnswerCache {
  /** Undefined: ask. */
  get(token: string): Answer | undefined;
  /** Asks, and remembers the answer. `onOutdated` is called when that answer will not count. */
  load(
    token: string,
    ask: () => Promise<Answer>,
    onOutdated: () => void
  ): Promise<Answer>;
}

declare module "fastify" {
  interface FastifyInstance {
    /** An `onRequest` hook that asks for a token and sets `request.user`. */
    authenticate: (
      request: FastifyRequest,
      reply: FastifyReply
    ) => Promise<unknown>;
    /** Calls the auth service; tells the state of its circuit. */
    authServiceClient: AuthServiceClient;
  }

  interface FastifyRequest {
    /** Null on routes that do not ask for a token. */
    user: AuthenticatedUser | null;
    /** The caller's `X-Correlation-ID`, the service's own request ID, or a new one; stands in the response as well. */
    correlationId: string;
  }
}

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
/** Who is calling; null for a token that is no good. */
type Answer = AuthenticatedUser | null;
/** At once when the answer is known; a number is the milliseconds for which nobody can be asked. */
type Verifier = (
  token: string,
  correlationId: string,
  address: string
) => Answer | Promise<Answer> | number;

/** What every verification of an application shares. */
interface Verification {
  readonly client: AuthServiceClient;
  readonly verify: Verifier;
  /** Calls `onVerified`. */
  readonly report: (
    request: FastifyRequest,
    result: VerificationResult,
    cached?: boolean
  ) => void;
  /**
   * The requests whose token was verified. `request.user` is no proof of it: hooks of the application may write
   * it, and in contexts that were made before this plugin it is not even decorated.
   */
  readonly verified: WeakSet<FastifyRequest>;
  /** Something else writes `request.user` too, and the log has it. */
  isClashLogged: boolean;
}

/** What a caller gets who is not let through. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | number>>;

  constructor(
    statusCode: number,
    message: string,
    headers: Readonly<Record<string, string | number>> = {}
  ) {
    super(message);
    this.statusCode = statusCode;
    this.headers = headers;
  }

  send(reply: FastifyReply): FastifyReply {
    return reply
      .code(this.statusCode)
      .headers(this.headers)
      .send({ error: this.message });
  }
}

const MAX_TOKEN_LENGTH = 8_192;
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const LOOPBACK = /^https?:\/\/(?:localhost|127\.|\[::1\])/i;
/** A line of `printRoutes`: its place in the tree, a part of a pattern, and methods and constraints where there are routes. */
const ROUTE_LINE =
  /^([│├└─ ]*)([^│├└─ •].*?)(?: \(([A-Z, -]+)\)(?: (\{.*\}))?)?$/;
const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** An ID of Fastify's own: a count, as every process has it. */
const COUNTED_ID = /^req-[0-9a-z]+$/;

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
      const correlationId = readCorrelationId(request);
      request.correlationId = correlationId;
      void reply.header("x-correlation-id", correlationId);
      bindCorrelationId(request, reply, correlationId);
      next();
    });

    const { cache } = options;
    const verify = createVerifier(
      client,
      options.verifyPath ?? "/auth/verify",
      cache
    );
    app.decorateRequest("user", null);
    const report: Verification["report"] = (
      request,
      result,
      cached = false
    ) => {
      try {
        options.onVerified?.(result, cached, request.correlationId);
      } catch (error) {
        request.log.error({ err: error }, "onVerified failed");
      }
    };
    const verified = new WeakSet<FastifyRequest>();
    const verification: Verification = {
      client,
      verify,
      report,
      verified,
      isClashLogged: false
    };
    const authenticateRequest: Guard = async (request, reply) =>
      (await authenticate(request, verification))?.send(reply);
    app.decorate(
      "authenticate",
      async (request: FastifyRequest, reply: FastifyReply) => {
        const refusal = await authenticate(request, verification);
        // `app.auth()` asks its next function only where this one throws.
        if (
          refusal !== undefined &&
          request.server.hasDecorator("auth") &&
          !request.is404
        )
          throw refusal;
        return refusal?.send(reply);
      }
    );
    app.addHook("onRoute", sendRefusals);
    if (options.publicRoutes !== undefined)
      guardRoutes(app, options.publicRoutes, authenticateRequest);
    done();
  },
  { name: "auth-middleware" }
);

export default authMiddleware;

function createClient(
  app: FastifyInstance,
  options: AuthMiddlewareOptions
): AuthServiceClient {
  const secret = options.serviceSecret ?? process.env["SERVICE_AUTH_SECRET"];
  const baseUrl =
    options.baseUrl ??
    process.env["AUTH_SERVICE_URL"] ??
    "http://localhost:4381";
  if (
    process.env["NODE_ENV"] === "production" &&
    LOOPBACK.test(baseUrl) &&
    options.connect === undefined
  ) {
    app.log.warn(
      { baseUrl },
      "The auth service is asked on this host: is AUTH_SERVICE_URL missing?"
    );
  }
  const settings: ServiceClientOptions = {
    logger: app.log,
    ...options,
    baseUrl,
    timeout: options.timeout ?? 5_000,
    maxResponseBytes: options.maxResponseBytes ?? 65_536,
    circuitBreakerOptions: {
      failureThreshold: 3,
      successThreshold: 2,
      timeout: 30_000,
      ...options.circuitBreakerOptions
    },
    headers: {
      ...options.headers,
      "x-service-secret": secret === "" ? undefined : secret
    }
  };
  return options.connect?.(settings) ?? new ServiceClient(settings);
}

/** With @fastify/auth, gives a route an error handler that sends a refusal as it is; the route's context handles other errors. */
function sendRefusals(this: FastifyInstance, route: RouteOptions): void {
  if (!this.hasDecorator("auth")) return;
  const { errorHandler } = route;
  route.errorHandler = function handleRefusal(error, request, reply) {
    if (error instanceof Refusal) return error.send(reply);
    if (errorHandler === undefined) throw error;
    return errorHandler.call(this, error, request, reply);
  };
}

/** Asks for a token everywhere but on public routes, and lets no application start in which a route is left out. */
function guardRoutes(
  app: FastifyInstance,
  publicRoutes: readonly string[],
  authenticateRequest: Guard
): void {
  const pass = Promise.resolve();
  const guard: Guard = (request, reply) => {
    const { url } = request.routeOptions;
    if (url === undefined && isMissingBelowPublic(publicRoutes, request))
      return sendNotFound(request, reply);
    if (!isPublic(publicRoutes, request.method, url))
      return authenticateRequest(request, reply);
    // The handler for what is not found is not public, and no `onRequest` hook runs before it then.
    const callNotFound = reply.callNotFound.bind(reply);
    reply.callNotFound = () => {
      const answer = isStranger(request) ? sendNotFound : authenticateRequest;
      void answer(request, reply).then(() => {
        if (!reply.sent) callNotFound();
      });
    };
    return pass;
  };
  // No other hook can have this name, by which the compiled routes are checked.
  Object.defineProperty(guard, "name", { value: `guard-${randomUUID()}` });
  const hadCors = app.hasPlugin("@fastify/cors");

  app.addHook("onRequest", guard);
  app.addHook("onReady", (done) => {
    const gaps = findGaps(app, guard.name, publicRoutes);
    if (!hadCors && app.hasPlugin("@fastify/cors")) {
      gaps.push(
        "@fastify/cors is registered after it, and preflight requests have no token"
      );
    }
    done(
      gaps.length === 0
        ? undefined
        : new Error(`The auth middleware cannot guard this: ${gaps.join("; ")}`)
    );
  });
}

/** `url` is a route's pattern; undefined for what is not found. */
function isPublic(
  publicRoutes: readonly string[],
  method: string,
  url: string | undefined
): boolean {
  if (url === undefined) return false;
  return publicRoutes.some((entry) => {
    const space = entry.indexOf(" ");
    const listed = entry.slice(0, space);
    const pattern = entry.slice(space + 1);
    if (listed !== method && !(listed === "GET" && method === "HEAD"))
      return false;
    return pattern.endsWith("/*")
      ? `${url}/`.startsWith(pattern.slice(0, -1))
      : pattern === url;
  });
}

/** No route has this URL, and it is below a public pattern: who sends no token may know that nothing is there. */
function isMissingBelowPublic(
  publicRoutes: readonly string[],
  request: FastifyRequest
): boolean {
  const [path = ""] = request.url.split("?", 1);
  return isStranger(request) && isPublic(publicRoutes, request.method, path);
}

function isStranger({ headers }: FastifyRequest): boolean {
  return headers.authorization === undefined;
}

/** Answers as Fastify does by itself: the application's own handler for what is not found may tell more. */
async function sendNotFound(
  { method, url }: FastifyRequest,
  reply: FastifyReply
): Promise<unknown> {
  const message = `Route ${method}:${url} not found`;
  return reply.code(404).send({ message, error: "Not Found", statusCode: 404 });
}

/** What a stranger may reach by the routes of the whole server, as Fastify has compiled them; `hook` is the guard's name. */
function findGaps(
  app: FastifyInstance,
  hook: string,
  publicRoutes: readonly string[]
): string[] {
  const gaps = new Set<string>();
  const named = publicRoutes.map(withoutNames);
  const parts: string[] = [];
  let unguarded = "";
  for (const line of app.printRoutes({ includeHooks: true }).split("\n")) {
    const [, indent = "", part, methods, constraints] =
      ROUTE_LINE.exec(line) ?? [];
    if (part === undefined) {
      if (line.includes("• (onRequest) ") && line.includes(`"${hook}()"`))
        gaps.delete(unguarded);
      continue;
    }
    // A tree of prefixes, four columns a level.
    parts.splice(indent.length / 4 - 1, Number.POSITIVE_INFINITY, part);
    if (methods === undefined) continue;
    const url = parts.join("").replace("(empty root node)", "");
    unguarded = `${methods} ${url} has no guard`;
    gaps.add(unguarded);
    const isOpen = methods
      .split(", ")
      .some((method) => isPublic(named, method, withoutNames(url)));
    // A request does not tell which of them it was routed to.
    if (constraints !== undefined && isOpen)
      gaps.add(
        `${methods} ${url} is public, and so are its constraints ${constraints}`
      );
  }
  return [...gaps];
}

/** Routes that differ in the names of their parameters alone are printed as one. */
function withoutNames(pattern: string): string {
  return pattern.replace(/:[^/]+/g, ":");
}

/** Undefined for a user; else what the caller gets. */
async function authenticate(
  request: FastifyRequest,
  verification: Verification
): Promise<Refusal | undefined> {
  const { client, report, verified, verify } = verification;
  if (verified.has(request)) return undefined;
  const token = readBearerToken(request.headers.authorization);
  if (token === undefined) {
    report(request, "missing");
    return refuse("Bearer");
  }

  let user: Answer | number;
  let cached: boolean;
  try {
    const answer = verify(token, request.correlationId, request.ip);
    // Only the cache tells at once who it is.
    cached = typeof answer !== "number" && !(answer instanceof Promise);
    user = await answer;
  } catch (error) {
    report(
      request,
      error instanceof ServiceClientError ? "unavailable" : "error"
    );
    return fail(error, request);
  }
  report(request, resultOf(user), cached);
  if (typeof user === "number") return circuitOpen(user, request, client);
  if (user === null) return refuse('Bearer error="invalid_token"');

  if (request.user && !verification.isClashLogged) {
    verification.isClashLogged = true;
    request.log.error(
      "request.user is also written by something else: the verified user replaces it"
    );
  }
  verified.add(request);
  request.user = user;
  const { userId, tenantId } = user;
  request.log.debug({ userId, tenantId }, "Authentication successful");
  return undefined;
}

function resultOf(user: Answer | number): VerificationResult {
  if (typeof user === "number") return "circuit_open";
  return user === null ? "invalid" : "valid";
}

/** Requests with the same token at the same time share one call; nothing of it is kept afterwards. */
function createVerifier(
  client: AuthServiceClient,
  path: string,
  cache: AnswerCache | undefined
): Verifier {
  // The key is the whole token: two tokens can never be taken for one another.
  const inFlight = new Map<string, Promise<Answer>>();

  const ask = async (
    token: string,
    correlationId: string,
    address: string
  ): Promise<Answer> => {
    try {
      // A limit of bad tokens is to hit who sends them, not this service; a proxy may tell what is no address.
      const headers = {
        "x-client-address": isIP(address) > 0 ? address : undefined
      };
      // It only reads, so the client may repeat it.
      const options = { correlationId, headers, idempotent: true, route: path };
      const { status, data } = await client.post(path, { token }, options);
      return readAnswer(data, status, correlationId);
    } catch (error) {
      const refused =
        error instanceof ServiceClientError &&
        error.kind === "http" &&
        error.status === 401;
      if (!refused) throw error;
      return null;
    }
  };

  return (token, correlationId, address) => {
    const known = cache?.get(token);
    if (known !== undefined) return known;
    const shared = inFlight.get(token);
    if (shared !== undefined) return shared;
    // Every request meets an open circuit: to look is many times cheaper than a call that is rejected.
    const waitMs = client.refuseForMs();
    if (waitMs > 0) return waitMs;
    // Who comes after a revocation asks anew.
    const leave = (): boolean =>
      inFlight.get(token) === call && inFlight.delete(token);
    const question = (): Promise<Answer> => ask(token, correlationId, address);
    const call =
      cache === undefined ? question() : cache.load(token, question, leave);
    inFlight.set(token, call);
    call.then(leave, leave);
    return call;
  };
}

/** Null when the token is not valid. @throws ServiceClientError when it is neither that nor a user */
function readAnswer(
  data: unknown,
  status: number,
  correlationId: string
): AuthenticatedUser | null {
  const answer =
    typeof data === "object" && data !== null
      ? (data as Record<string, unknown>)
      : {};
  const { valid, userId, email, tenantId } = answer;
  if (valid === false) return null;
  if (valid !== true || typeof userId !== "string" || userId === "") {
    const details = { service: "auth", correlationId, status };
    throw new ServiceClientError(
      "invalid_response",
      "The auth service answered nonsense",
      details
    );
  }
  return Object.freeze({
    userId,
    email: textOrNothing(email),
    tenantId: textOrNothing(tenantId)
  });
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function refuse(challenge: string): Refusal {
  return new Refusal(401, "Invalid or expired token", {
    "www-authenticate": challenge
  });
}

/** The token could not be verified: 503, or 500 when the mistake is ours. */
function fail(error: unknown, { log }: FastifyRequest): Refusal {
  if (!(error instanceof ServiceClientError)) {
    log.error({ err: error }, "Authentication failed");
    return new Refusal(500, "Internal server error");
  }
  const { kind, status, retryAfterMs } = error;
  if (status === 400 || status === 403 || status === 404) {
    const hint = "check AUTH_SERVICE_URL and SERVICE_AUTH_SECRET";
    log.error({ status }, `Auth service refuses to verify tokens: ${hint}`);
  } else {
    log.warn({ kind, status }, "Auth service is unavailable");
  }
  return unavailable(retryAfterMs);
}

function circuitOpen(
  waitMs: number,
  { log }: FastifyRequest,
  client: AuthServiceClient
): Refusal {
  const { state, consecutiveFailures, lastFailureTime } =
    client.getCircuitStats();
  const circuitStats = { state, consecutiveFailures, lastFailureTime };
  log.error({ circuitStats }, "Auth service circuit breaker is open");
  return unavailable(waitMs);
}

function unavailable(retryAfterMs: number | undefined): Refusal {
  const isKnown = retryAfterMs !== undefined && Number.isFinite(retryAfterMs);
  const headers = isKnown
    ? { "retry-after": Math.max(1, Math.ceil(retryAfterMs / 1_000)) }
    : {};
  return new Refusal(
    503,
    "Authentication service temporarily unavailable. Please try again later.",
    headers
  );
}

function readBearerToken(header: string | undefined): string | undefined {
  const token = header === undefined ? undefined : BEARER.exec(header)?.[1];
  return token === undefined || token.length > MAX_TOKEN_LENGTH
    ? undefined
    : token;
}

/** The caller's ID, else the one that the service itself gives the request (`genReqId`, `requestIdHeader`), else a new one. */
function readCorrelationId(request: FastifyRequest): string {
  const header = request.headers["x-correlation-id"];
  if (typeof header === "string" && CORRELATION_ID.test(header)) return header;
  const id: unknown = request.id;
  const isOwn =
    typeof id === "string" && CORRELATION_ID.test(id) && !COUNTED_ID.test(id);
  return isOwn ? id : randomUUID();
}

/** What pino can do and other loggers may not. */
interface RequestLogger extends FastifyBaseLogger {
  bindings?: () => object;
  setBindings?: (bindings: object) => void;
}

/**
 * Every line that is logged for this request can be found by its ID, in all services. Fastify's own factory gives each
 * request a logger of its own, and pino can be told more in place: a child of a child costs many times as much. Another
 * factory may give one logger to many requests.
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
