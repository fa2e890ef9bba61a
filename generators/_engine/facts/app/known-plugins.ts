/** What a plugin of a package does to an application, which cannot be read where only its name stands in the code. */
export interface KnownPlugin {
  /** Members that it puts on the instance. */
  readonly decorates?: readonly string[];
  /** Members that it puts on each request. */
  readonly decoratesRequest?: readonly string[];
  readonly routes?: KnownRoutes;
}

/** The routes of a plugin, as its options set them. */
export interface KnownRoutes {
  readonly method: 'GET' | '*';
  /** The option with the path, or with the prefix of all routes. */
  readonly option: string;
  /** The path without that option; absent: no route. */
  readonly initial?: string;
  /** The path where the option is `true`. */
  readonly whenTrue?: string;
  /** The option that must be `true`, and the one that must not be. */
  readonly only?: string;
  readonly unless?: string;
  /** Every path below, too. */
  readonly below?: true;
  /** The plugin is not wrapped by fastify-plugin: `prefix` of its registration counts. */
  readonly encapsulated?: true;
  /**
   * everyone: they make no sense behind a token · offered: public in many services, but what they tell may be for few
   * · callers: the application's own.
   */
  readonly audience: 'everyone' | 'offered' | 'callers';
}

const documentation = { method: 'GET', below: true, audience: 'everyone' } as const;
const jwks = {
  decorates: ['authenticate', 'jwt'],
  decoratesRequest: ['user', 'jwtVerify', 'jwtDecode'],
} as const;
const exposedSwagger: KnownPlugin = {
  decorates: ['swagger'],
  routes: { ...documentation, option: 'routePrefix', initial: '/documentation', only: 'exposeRoute' },
};

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
  [
    '@fastify/http-proxy',
    {
      routes: {
        method: '*',
        option: 'prefix',
        initial: '/',
        below: true,
        encapsulated: true,
        audience: 'callers',
      },
    },
  ],
  ['@fastify/jwt', { decorates: ['jwt'], decoratesRequest: ['user', 'jwtVerify', 'jwtDecode'] }],
  ['@fastify/mongodb', { decorates: ['mongo'] }],
  ['@fastify/mysql', { decorates: ['mysql'] }],
  ['@fastify/oauth2', { routes: { method: 'GET', option: 'startRedirectPath', audience: 'everyone' } }],
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
  [
    '@fastify/static',
    { routes: { method: 'GET', option: 'prefix', initial: '/', below: true, audience: 'offered' } },
  ],
  ['@fastify/swagger', exposedSwagger],
  ['@fastify/swagger-ui', { routes: { ...documentation, option: 'routePrefix', initial: '/documentation' } }],
  [
    '@fastify/under-pressure',
    {
      decorates: ['memoryUsage', 'isUnderPressure'],
      routes: { method: 'GET', option: 'exposeStatusRoute', whenTrue: '/status', audience: 'everyone' },
    },
  ],
  ['@fastify/view', { decorates: ['view'] }],
  ['@fastify/websocket', { decorates: ['websocketServer', 'injectWS'], decoratesRequest: ['ws'] }],
  [
    '@scalar/fastify-api-reference',
    { routes: { ...documentation, option: 'routePrefix', initial: '/reference' } },
  ],
  ['fastify-auth0-verify', jwks],
  [
    'fastify-healthcheck',
    {
      routes: {
        method: 'GET',
        option: 'healthcheckUrl',
        initial: '/health',
        unless: 'healthcheckUrlDisable',
        encapsulated: true,
        audience: 'everyone',
      },
    },
  ],
  ['fastify-jwt-jwks', jwks],
  [
    'fastify-metrics',
    {
      decorates: ['metrics'],
      routes: { method: 'GET', option: 'endpoint', initial: '/metrics', audience: 'offered' },
    },
  ],
  ['fastify-socket.io', { decorates: ['io'] }],
  ['fastify-swagger', exposedSwagger],
]);
