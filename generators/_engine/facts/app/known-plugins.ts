/** What a plugin of a package does to an application, which cannot be read where only its name stands in the code. */
export interface KnownPlugin {
  /** Members that it puts on the instance. */
  readonly decorates?: readonly string[];
  /** Members that it puts on each request. */
  readonly decoratesRequest?: readonly string[];
}

const jwks = {
  decorates: ['authenticate', 'jwt'],
  decoratesRequest: ['user', 'jwtVerify', 'jwtDecode'],
} as const;
const swagger = { decorates: ['swagger'] } as const;

/** Plugins by the specifier that they are imported by. What depends on a name in the options is not in it. */
export const knownPlugins: ReadonlyMap<string, KnownPlugin> = new Map<string, KnownPlugin>([
  ['@autotelic/fastify-opentelemetry', { decoratesRequest: ['openTelemetry'] }],
  ['@fastify/auth', { decorates: ['auth'] }],
  ['@fastify/awilix', { decorates: ['diContainer'], decoratesRequest: ['diScope'] }],
  ['@fastify/basic-auth', { decorates: ['basicAuth'] }],
  ['@fastify/bearer-auth', { decorates: ['verifyBearerAuth', 'verifyBearerAuthFactory'] }],
  ['@fastify/circuit-breaker', { decorates: ['circuitBreaker'] }],
  [
    '@fastify/cookie',
    {
      decorates: ['parseCookie', 'serializeCookie', 'signCookie', 'unsignCookie'],
      decoratesRequest: ['cookies', 'signCookie', 'unsignCookie'],
    },
  ],
  ['@fastify/csrf-protection', { decorates: ['csrfProtection'] }],
  ['@fastify/jwt', { decorates: ['jwt'], decoratesRequest: ['user', 'jwtVerify', 'jwtDecode'] }],
  ['@fastify/mongodb', { decorates: ['mongo'] }],
  ['@fastify/mysql', { decorates: ['mysql'] }],
  [
    '@fastify/passport',
    {
      decoratesRequest: [
        ...['user', 'passport', 'logIn', 'login', 'logOut', 'logout', 'isAuthenticated', 'isUnauthenticated'],
      ],
    },
  ],
  ['@fastify/postgres', { decorates: ['pg'] }],
  ['@fastify/rate-limit', { decorates: ['rateLimit', 'createRateLimit'] }],
  ['@fastify/redis', { decorates: ['redis'] }],
  ['@fastify/request-context', { decorates: ['requestContext'], decoratesRequest: ['requestContext'] }],
  ['@fastify/secure-session', { decoratesRequest: ['session'] }],
  ['@fastify/sensible', { decorates: ['httpErrors', 'assert', 'to'], decoratesRequest: ['forwarded', 'is'] }],
  ['@fastify/session', { decoratesRequest: ['session', 'sessionStore'] }],
  ['@fastify/swagger', swagger],
  [
    '@fastify/under-pressure',
    {
      decorates: ['memoryUsage', 'isUnderPressure'],
    },
  ],
  ['@fastify/view', { decorates: ['view'] }],
  ['@fastify/websocket', { decorates: ['websocketServer', 'injectWS'], decoratesRequest: ['ws'] }],
  ['fastify-auth0-verify', jwks],
  ['fastify-jwt-jwks', jwks],
  [
    'fastify-metrics',
    {
      decorates: ['metrics'],
    },
  ],
  ['fastify-socket.io', { decorates: ['io'] }],
  ['fastify-swagger', swagger],
]);
