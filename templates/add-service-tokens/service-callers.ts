import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyOptions,
} from 'jose';

import {
  ALGORITHMS,
  type KeyClient,
  type Keys,
  KeySet,
  type KeySetOptions,
} from '../add-auth-middleware/key-set.ts';
import { ServiceClient, ServiceClientError } from '../add-service-client/service-client.ts';

declare module 'fastify' {
  interface RegisterOptions {
    /** Services whose tokens the routes of this plugin accept beside those of users; not those of plugins inside of it. */
    allowedServices?: readonly string[];
  }

  interface FastifyRequest {
    /** The service that calls without a user; null for users. */
    service: CallingService | null;
  }
}

export interface CallingService {
  readonly name: string;
}

export interface ServiceCallersOptions extends KeySetOptions {
  /** The name of this service: the `aud` of the tokens that are for it. */
  audience: string;
  /** By name, the URL of each service that may be allowed: its keys are fetched from there. */
  services: Readonly<Record<string, string>>;
  /** Epoch milliseconds. Default `Date.now`. */
  now?: () => number;
}

type Authenticate = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const SERVICE_TOKEN_TYPE = /^(?:application\/)?service\+jwt$/i;
const MAX_TOKEN_LENGTH = 8_192;
/** Seconds between `iat` and `exp` of a token. */
const MAX_LIFETIME_S = 300;
const TOLERANCE_S = 5;

/**
 * Lets the services in that the plugin of a route is registered with, each by its own keys, and leaves every other token
 * to `authenticate`. The issuer that an unverified token names only chooses among the allowed.
 */
export function acceptServices(
  app: FastifyInstance,
  authenticate: Authenticate,
  options: ServiceCallersOptions,
): Authenticate {
  const now = options.now ?? Date.now;
  const allowed = listAllowed(app);
  app.decorateRequest('service', null);
  const keySets = new Map(
    Object.entries(options.services).map(([name, baseUrl]) => {
      const client = connect(app, baseUrl);
      return [name, new KeySet(client, app.log, options, () => undefined)];
    }),
  );

  return async (request, reply) => {
    const [, token = ''] = BEARER.exec(request.headers.authorization ?? '') ?? [];
    if (token.length > MAX_TOKEN_LENGTH || !isServiceToken(token)) return authenticate(request, reply);
    const name = issuerOf(token);
    const keys = allowed.get(request.server)?.has(name) === true ? keySets.get(name) : undefined;
    if (keys === undefined) return refuse(reply);
    let isValid: boolean;
    try {
      const currentDate = new Date(now());
      const expected = { issuer: name, subject: name, audience: options.audience, currentDate };
      isValid = await verify(token, keys, expected);
    } catch (error) {
      if (!(error instanceof ServiceClientError)) throw error;
      request.log.warn({ err: error, service: name }, 'The keys of a service are not known');
      return reply.code(503).send({
        error: 'Authentication service temporarily unavailable. Please try again later.',
      });
    }
    if (!isValid) return refuse(reply);
    request.service = Object.freeze({ name });
    return undefined;
  };
}

/**
 * Services by the plugin that was registered with them. Fastify calls `onRegister` only where a plugin gets an instance of
 * its own: a function that is called with an instance, or one that fastify-plugin wraps, cannot open its siblings.
 */
function listAllowed(app: FastifyInstance): Pick<WeakMap<FastifyInstance, ReadonlySet<string>>, 'get'> {
  const allowed = new WeakMap<FastifyInstance, ReadonlySet<string>>();
  const lists = new WeakSet<readonly string[]>();
  app.addHook('onRegister', (instance, { allowedServices: list }) => {
    if (list === undefined) return;
    // Options that a plugin passes on are not about what it passes them to.
    if (lists.has(list)) app.log.warn({ services: list }, 'A plugin passed allowedServices on, to no effect');
    else allowed.set(instance, new Set(list));
    lists.add(list);
  });
  return allowed;
}

function connect(app: FastifyInstance, baseUrl: string): KeyClient {
  const circuitBreakerOptions = { failureThreshold: 3, successThreshold: 2, timeout: 30_000 };
  const limits = { timeout: 5_000, maxResponseBytes: 65_536 };
  const client = new ServiceClient({ baseUrl, logger: app.log, ...limits, circuitBreakerOptions });
  app.addHook('onClose', () => client.close());
  return client;
}

async function verify(token: string, keys: KeySet, expected: JWTVerifyOptions): Promise<boolean> {
  keys.refreshIfDue();
  const found = await keys.get();
  const isValid = await attempt(token, found, expected);
  if (isValid !== undefined) return isValid;
  const renewed = await keys.renew(found);
  return renewed !== undefined && (await attempt(token, renewed, expected)) === true;
}

/** Undefined if no key fits. */
async function attempt(token: string, keys: Keys, expected: JWTVerifyOptions): Promise<boolean | undefined> {
  const strict = {
    algorithms: [...ALGORITHMS],
    requiredClaims: ['exp', 'iat'],
    maxTokenAge: MAX_LIFETIME_S,
    clockTolerance: TOLERANCE_S,
  };
  try {
    const { payload } = await jwtVerify(token, keys, { ...strict, ...expected });
    return isShort(payload) && payload['cnf'] === undefined;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined;
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

function isShort({ exp = Number.POSITIVE_INFINITY, iat = 0 }: JWTPayload): boolean {
  return exp - iat <= MAX_LIFETIME_S;
}

/** Before a key is looked for: a token of a user is never taken for one of a service, nor the reverse. */
function isServiceToken(token: string): boolean {
  try {
    const { typ }: { typ?: unknown } = decodeProtectedHeader(token);
    return typeof typ === 'string' && SERVICE_TOKEN_TYPE.test(typ);
  } catch {
    return false;
  }
}

function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    return '';
  }
}

function refuse(reply: FastifyReply): FastifyReply {
  const challenge = 'Bearer error="invalid_token"';
  return reply.code(401).header('www-authenticate', challenge).send({ error: 'Invalid or expired token' });
}
