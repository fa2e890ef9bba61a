import type { RedisConnection } from '../_engine/edit/redis-connection.ts';

/** Where revoked tokens are kept. */
export type Blacklist = 'redis' | 'memory' | 'none';

/** What was asked for, and what is there: `publishes`, revocation-publisher.ts. */
export interface VerifyChoices {
  readonly path: string;
  readonly blacklist: Blacklist;
  readonly publishes: boolean;
  readonly keys: SigningKeys | undefined;
  /** What gets the key set past guards of the application, as members of its `config`. */
  readonly keysOptOut: readonly string[];
}

/** Keys that sign beside the secret: what the plugin creates them with. */
export interface SigningKeys {
  readonly algorithm: string;
  readonly issuer: string;
  readonly audience: string;
}

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
  /** Members of the options of the keys that sign; empty for a secret alone. */
  readonly signingKeys: string;
  /** `, { config: … }`: what gets the key set past a guard of the whole application; empty for none. */
  readonly keysRouteOptions: string;
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
  /** The exported function that signs tokens of the login; [] where there is none that a test could call. */
  readonly signers: readonly TestSigner[];
  /** Makes a token of the login: an expression, a text or a promise of it. */
  readonly login: string;
  /** What `login` does, for people. */
  readonly loginIs: string;
  /** The answer about a token of the login: an object. */
  readonly answer: string;
  /** Object entries without which a token names no user. */
  readonly nobody: string;
  /** Object entries that make a token one for something else; [] where there are no rules. */
  readonly otherPurposes: readonly string[];
  readonly blacklist: boolean;
}

/** A function of the service that a test imports late. */
interface TestSigner {
  readonly name: string;
  readonly from: string;
}

/** What signing-keys.test.ts is rendered from. */
export interface SigningKeysTestView {
  readonly imports: readonly string[];
  readonly algorithm: string;
}

/** What the tests of the denylist and of its stores are rendered from. */
export interface DenylistTestView {
  readonly imports: readonly string[];
  /** Arguments with which the Redis client sets the life of a key to 60 s. */
  readonly expiry: string;
}
