import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';

import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import {
  ServiceClient,
  ServiceClientError,
  type ServiceClientOptions,
} from '../add-service-client/service-client.ts';

/** Who is calling, by the word of the auth service. */
export interface VerifiedUser {
  readonly userId: string;
  readonly email: string | undefined;
  readonly tenantId: string | undefined;
}

/** What calls the auth service: a ServiceClient, or what does as one does. */
export type AuthServiceClient = Omit<ServiceClient, 'origin' | 'service' | 'getRetryBudget'>;

/**
 * Options of the client that calls the auth service, and of what is done with its answers. `timeout` defaults to 5 000 ms;
 * the circuit opens after 3 failures for 30 s, and closes after 2 successes.
 */
export interface AuthenticationOptions extends Partial<ServiceClientOptions> {
  /** Makes the client from its options. Default: a ServiceClient. */
  connect?: (options: ServiceClientOptions) => AuthServiceClient;
  /** Route of the auth service that verifies tokens. Default /auth/verify. */
  verifyPath?: string;
  /** Sent as `X-Service-Secret`; empty: none. Default `SERVICE_AUTH_SECRET`. */
  serviceSecret?: string | undefined;
  /**
   * Observes what came of each request's token, and decides nothing: what it throws is logged at error, and the request
   * goes on. Authorise in a hook of your own. Default: none.
   */
  onVerified?: (result: VerificationResult, cached: boolean, correlationId: string) => void;
  /** Verifies tokens instead of the auth service, as a localVerifier does; `cache` is not used then. Default: none. */
  verifier?: (client: AuthServiceClient, log: FastifyBaseLogger) => Verifier;
  /** Remembers what the auth service said. Default: none, and each token is asked about each time. */
  cache?: AnswerCache;
  /** Makes what the application is decorated with. Default: the hook itself. */
  decorator?: (authenticate: Authenticate) => Authenticate;
}

/** What the middleware takes, and what it adds to an application and its requests. */
export interface Authentication {
  readonly options: AuthenticationOptions;
  /** An `onRequest` hook that asks for a token and sets the request's user. */
  readonly authenticate: Authenticate;
  /** Calls the auth service; tells the state of its circuit. */
  readonly client: AuthServiceClient;
  /** Null on routes that do not ask for a token. */
  readonly user: Answer;
}

/**
 * What came of a token: `valid` the user is known · `invalid` it is no good · `missing` there was none at all ·
 * `unavailable` nobody could tell · `circuit_open` nobody was asked · `error` a mistake of our own.
 */
export type VerificationResult = 'valid' | 'invalid' | 'missing' | 'unavailable' | 'circuit_open' | 'error';

/** Remembers answers of the auth service, null for a token that is no good; a ClaimCache does. */
export interface AnswerCache {
  /** Undefined: ask. */
  get(token: string): Answer | undefined;
  /** Asks, and remembers the answer. `onOutdated` is called when that answer will not count. */
  load(token: string, ask: () => Promise<Answer>, onOutdated: () => void): Promise<Answer>;
}

type Authenticate = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
/** Who is calling; null for a token that is no good. */
type Answer = VerifiedUser | null;
/** At once when the answer is known; a number is the milliseconds for which nobody can be asked. */
export type Verifier = (
  token: string,
  correlationId: string,
  address: string,
) => Answer | Promise<Answer> | number;
type Report = (request: FastifyRequest, result: VerificationResult, cached?: boolean) => void;
/** What the service takes from an answer beside ID, mail and tenant. */
type Claims = (answer: Readonly<Record<string, unknown>>) => object;

/** What a service calls what it is given, and the variable with the URL of the auth service, unless it says otherwise. */
const NAMES = {
  user: 'user',
  correlationId: 'correlationId',
  authenticate: 'authenticate',
  client: 'authServiceClient',
  url: 'AUTH_SERVICE_URL',
};
const CIRCUIT = { failureThreshold: 3, successThreshold: 2, timeout: 30_000 };
const MAX_TOKEN_LENGTH = 8_192;
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const LOOPBACK = /^https?:\/\/(?:localhost|127\.|\[::1\])/i;
const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** An ID of Fastify's own: a count, as every process has it. */
const COUNTED_ID = /^req-[0-9a-z]+$/;

/**
 * Lets the auth service decide who is calling. 401 says that the token is no good, 503 that nobody can tell now. Adds one
 * client, and so one circuit, to the application, which closes it; the hook; and the user and a correlation ID to each
 * request. Rejects with TypeError when `baseUrl` is no URL.
 */
export function connectAuthService(
  app: FastifyInstance,
  options: AuthenticationOptions & { readonly baseUrl: string },
  ownNames: Partial<typeof NAMES> = {},
  claims: Claims = () => ({}),
): Promise<Pick<Authentication, 'authenticate' | 'client'>> {
  // What is thrown here rejects: thrown from a plugin it would end the process instead of failing the start.
  return new Promise((resolve) => {
    const names = { ...NAMES, ...ownNames };
    const client = createClient(app, options, names.url);
    app.addHook('onClose', () => client.close());
    app.addHook('onRequest', (request, reply, next) => {
      setCorrelationId(request, reply, names.correlationId);
      next();
    });

    const verify =
      options.verifier?.(client, app.log) ??
      createVerifier(client, options.verifyPath ?? '/auth/verify', options.cache, claims);
    const report: Report = (request, result, cached = false) => {
      try {
        options.onVerified?.(result, cached, String(membersOf(request)[names.correlationId]));
      } catch (error) {
        request.log.error({ err: error }, 'onVerified failed');
      }
    };
    const authenticate = createAuthenticate(client, verify, report, names);
    app.decorate(names.authenticate, options.decorator?.(authenticate) ?? authenticate);
    app.decorate(names.client, client);
    app.decorateRequest(names.correlationId, '');
    app.decorateRequest(names.user, null);
    resolve({ authenticate, client });
  });
}

function createClient(
  app: FastifyInstance,
  options: AuthenticationOptions & { readonly baseUrl: string },
  variable: string,
): AuthServiceClient {
  const { baseUrl, serviceSecret: secret = process.env['SERVICE_AUTH_SECRET'] } = options;
  if (process.env['NODE_ENV'] === 'production' && LOOPBACK.test(baseUrl) && options.connect === undefined) {
    app.log.warn({ baseUrl }, `The auth service is asked on this host: is ${variable} missing?`);
  }
  const settings: ServiceClientOptions = {
    logger: app.log,
    ...options,
    timeout: options.timeout ?? 5_000,
    maxResponseBytes: options.maxResponseBytes ?? 65_536,
    circuitBreakerOptions: { ...CIRCUIT, ...options.circuitBreakerOptions },
    headers: { ...options.headers, 'x-service-secret': secret === '' ? undefined : secret },
  };
  return options.connect?.(settings) ?? new ServiceClient(settings);
}

/** The request by the names that the service has for its members. */
function membersOf(request: FastifyRequest): Record<string, unknown> {
  return request as FastifyRequest & Record<string, unknown>;
}

function createAuthenticate(
  client: AuthServiceClient,
  verify: Verifier,
  report: Report,
  names: typeof NAMES,
): Authenticate {
  // The member is no proof: hooks of the application may write it, and contexts made before the plugin lack it.
  const verified = new WeakSet<FastifyRequest>();
  let isClashLogged = false;

  return async (request, reply) => {
    if (verified.has(request)) return undefined;
    const [, token = ''] = BEARER.exec(request.headers.authorization ?? '') ?? [];
    if (token === '' || token.length > MAX_TOKEN_LENGTH) {
      report(request, 'missing');
      return refuse(reply, 'Bearer');
    }

    let user: Answer | number;
    let cached: boolean;
    try {
      const answer = verify(token, String(membersOf(request)[names.correlationId]), request.ip);
      // Only the cache tells at once who it is.
      cached = typeof answer !== 'number' && !(answer instanceof Promise);
      user = await answer;
    } catch (error) {
      report(request, error instanceof ServiceClientError ? 'unavailable' : 'error');
      return fail(error, reply, names.url);
    }
    if (typeof user === 'number') {
      report(request, 'circuit_open');
      const { state, consecutiveFailures, lastFailureTime } = client.getCircuitStats();
      const circuitStats = { state, consecutiveFailures, lastFailureTime };
      request.log.error({ circuitStats }, 'Auth service circuit breaker is open');
      return unavailable(reply, user);
    }
    report(request, user === null ? 'invalid' : 'valid', cached);
    if (user === null) return refuse(reply, 'Bearer error="invalid_token"');

    if (membersOf(request)[names.user] && !isClashLogged) {
      isClashLogged = true;
      request.log.error(
        `request.${names.user} is also written by something else: the verified user replaces it`,
      );
    }
    verified.add(request);
    membersOf(request)[names.user] = user;
    request.log.debug({ userId: user.userId, tenantId: user.tenantId }, 'Authentication successful');
    return undefined;
  };
}

/** Requests with the same token at the same time share one call; nothing of it is kept afterwards. */
function createVerifier(
  client: AuthServiceClient,
  path: string,
  cache: AnswerCache | undefined,
  claims: Claims,
): Verifier {
  // The key is the whole token: two tokens can never be taken for one another.
  const inFlight = new Map<string, Promise<Answer>>();

  const ask = async (token: string, correlationId: string, address: string): Promise<Answer> => {
    // A limit of bad tokens is to hit who sends them, not this service; a proxy may tell what is no address.
    const headers = { 'x-client-address': isIP(address) > 0 ? address : undefined };
    // It only reads, so the client may repeat it.
    const options = { correlationId, headers, idempotent: true, route: path };
    try {
      const { status, data } = await client.post(path, { token }, options);
      return readAnswer(data, status, correlationId, claims);
    } catch (error) {
      if (error instanceof ServiceClientError && error.kind === 'http' && error.status === 401) return null;
      throw error;
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
    const leave = (): boolean => inFlight.get(token) === call && inFlight.delete(token);
    const question = (): Promise<Answer> => ask(token, correlationId, address);
    const call = cache === undefined ? question() : cache.load(token, question, leave);
    inFlight.set(token, call);
    call.then(leave, leave);
    return call;
  };
}

/** Null when the token is not valid. @throws ServiceClientError when it is neither that nor a user */
function readAnswer(data: unknown, status: number, correlationId: string, claims: Claims): Answer {
  const answer = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
  const { valid, userId } = answer;
  if (valid === false) return null;
  if (valid !== true || typeof userId !== 'string' || userId === '') {
    const details = { service: 'auth', correlationId, status };
    throw new ServiceClientError('invalid_response', 'The auth service answered nonsense', details);
  }
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const [email, tenantId] = [text(answer['email']), text(answer['tenantId'])];
  return Object.freeze({ ...claims(answer), userId, email, tenantId });
}

function refuse(reply: FastifyReply, challenge: string): FastifyReply {
  return reply.code(401).header('www-authenticate', challenge).send({ error: 'Invalid or expired token' });
}

/** The token could not be verified: 503, or 500 when the mistake is ours. */
function fail(error: unknown, reply: FastifyReply, variable: string): FastifyReply {
  const { log } = reply.request;
  if (!(error instanceof ServiceClientError)) {
    log.error({ err: error }, 'Authentication failed');
    return reply.code(500).send({ error: 'Internal server error' });
  }
  const { kind, status, retryAfterMs } = error;
  if (status === 400 || status === 403 || status === 404) {
    const hint = `check ${variable} and SERVICE_AUTH_SECRET`;
    log.error({ status }, `Auth service refuses to verify tokens: ${hint}`);
  } else {
    log.warn({ kind, status }, 'Auth service is unavailable');
  }
  return unavailable(reply, retryAfterMs);
}

function unavailable(reply: FastifyReply, retryAfterMs = Number.POSITIVE_INFINITY): FastifyReply {
  const answer = reply.code(503);
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return (Number.isFinite(seconds) ? answer.header('retry-after', seconds) : answer).send({
    error: 'Authentication service temporarily unavailable. Please try again later.',
  });
}

/**
 * Every line that is logged for this request can be found by its ID, in all services: the caller's, else the one that
 * the service itself gives the request (`genReqId`, `requestIdHeader`), else a new one.
 */
function setCorrelationId(request: FastifyRequest, reply: FastifyReply, name: string): void {
  const isUsable = (id: unknown): id is string => typeof id === 'string' && CORRELATION_ID.test(id);
  const given = request.headers['x-correlation-id'];
  const own = isUsable(request.id) && !COUNTED_ID.test(request.id) ? request.id : undefined;
  const correlationId = isUsable(given) ? given : (own ?? randomUUID());
  membersOf(request)[name] = correlationId;
  const answer = reply.header('x-correlation-id', correlationId);

  const { childLoggerFactory, initialConfig, log: appLog } = request.server;
  // Fastify 5 deprecates the option, not what it does.
  const { requestIdLogLabel = 'reqId' }: { readonly requestIdLogLabel?: string } = initialConfig;
  // The service logs this ID already, under a name of its own.
  if (correlationId === own && requestIdLogLabel !== 'reqId') return;
  const log: FastifyBaseLogger & { setBindings?: (bindings: object) => void } = request.log;
  // Fastify's own factory gives each request its own logger, and pino binds in place: a child of a child costs more.
  if (log.setBindings && log !== appLog && childLoggerFactory.name === 'defaultChildLoggerFactory') {
    log.setBindings({ correlationId });
  } else {
    request.log = log.child({ correlationId });
    answer.log = request.log;
  }
}
