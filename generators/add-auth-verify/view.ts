import type { RedisConnection } from '../_engine/edit/redis-connection.ts';

/** Where revoked tokens are kept. */
export type Blacklist = 'redis' | 'memory' | 'none';

/** What the plugin is rendered from; expressions are TypeScript. */
export interface VerifyView extends RedisConnection {
  readonly imports: readonly string[];
  readonly path: string;
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  /** `, dependencies: ['redis']`: autoloaded plugins that it has to follow; empty for none. */
  readonly dependencies: string;
  readonly fastifyMajor: number;
  /** The application takes JSON schemas: no validator compiler of another kind is set. */
  readonly plainSchemas: boolean;
  /** Members of the route's options. */
  readonly routeOptions: string;
  readonly blacklist: boolean;
  /** A sentence's end: where revoked tokens are stored by default. */
  readonly storeDefault: string;
  /** Makes the default store: an expression. */
  readonly store: string;
  /** Makes the store of `client`: an expression. */
  readonly redisStore: string;
  /** `, (request) => […]`, the tokens that a request has in cookies; empty for none. */
  readonly findTokens: string;
  /** Statements that come first: a check of the secret, and the registration of @fastify/jwt where there is none. */
  readonly preparations: readonly string[];
  /** They check the length of the secret. */
  readonly secretChecked: boolean;
  readonly verifierArguments: string;
  readonly serviceAuthSecret: string;
  /** Members of the handler's options, one for each part that the route has. */
  readonly handlerOptions: string;
  /** ` || !(…)`, whether login does not sign tokens with these `claims`; empty for any. */
  readonly otherPurpose: string;
  /** String literals, comma-separated, most likely first. */
  readonly userIdClaims: string;
  readonly tenantIdClaims: string;
  /** The objects that they are in: expressions. */
  readonly userClaims: string;
  readonly tenantClaims: string;
  readonly identityType: string;
  /** Members of that type beside those of Identity. */
  readonly carriedTypes: readonly string[];
  /** Members of an object of that type, with a comma before each. */
  readonly carried: string;
}

/** What auth-verify.test.ts is rendered from. */
export interface VerifyTestView {
  readonly packageImports: readonly string[];
  readonly ownImports: readonly string[];
  /** Object entries that the configuration demands; [] for none. */
  readonly environment: readonly string[];
  /** Specifier of the route's module, which is imported late. */
  readonly routeImport: string;
  readonly path: string;
  /** The secret that signs: an expression. */
  readonly secret: string;
  /** The variable that the service reads it from; [] where it reads none. */
  readonly secretVariables: readonly string[];
  /** Statements that give an application what the route needs of the service: its configuration, @fastify/jwt. */
  readonly preparations: readonly string[];
  /** Members of the route's options. */
  readonly defaults: string;
  /** The variable that the secret comes from; false when it is not known, and for a decorator. */
  readonly secretEnv: string | false;
  /** The route reads that variable when it is registered, so a test can make it short. */
  readonly guardsSecret: boolean;
  readonly algorithm: string;
  readonly otherAlgorithm: string;
  readonly userIdClaims: string;
  readonly tenantIdClaims: string;
  readonly userIdClaim: string;
  /** Object entries. */
  readonly usualClaims: string;
  /** Object entries of what is told about a token with them, beside the user's ID. */
  readonly identity: string;
  /** Object entries that take email and tenant away, where a token may lack them. */
  readonly sparseClaims: string;
  /** Object entries of what is told about a token without them. */
  readonly sparseIdentity: string;
  /** String literals: kind claims that tokens of a login may have with any text. */
  readonly freeKinds: string;
  /** Object entries that make a token one for something else; [] where there are no rules. */
  readonly otherPurposes: readonly string[];
  readonly blacklist: boolean;
}

/** What the tests of the denylist and of its stores are rendered from. */
export interface DenylistTestView {
  readonly imports: readonly string[];
  /** Arguments with which the Redis client sets the life of a key to 60 s. */
  readonly expiry: string;
  /** The package is a dependency of the service. */
  readonly ioredis: boolean;
}
