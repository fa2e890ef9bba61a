import type { RedisConnection } from '../_engine/edit/redis-connection.ts';

/** Where revoked tokens are kept. */
export type Blacklist = 'redis' | 'memory' | 'none';

/** What token-verifier.ts is rendered from: exactly one of the libraries is true. */
export interface VerifierView {
  readonly imports: readonly string[];
  readonly algorithm: string;
  /** A private key signs and a public one verifies. */
  readonly keyPair: boolean;
  readonly fastifyJwt: boolean;
  readonly jsonwebtoken: boolean;
  readonly jose: boolean;
  readonly fastJwt: boolean;
  /** `jwt`, or `jwt.access` with a namespace. */
  readonly jwtDecorator: string;
  /** fast-jwt makes the errors: by itself, or below @fastify/jwt. */
  readonly fastJwtErrors: boolean;
  /** What the service's own guard demands: `, { allowedAud: 'web' }` for @fastify/jwt, or empty. */
  readonly pluginOptions: string;
  /** The same for the others: `, audience: 'web'`, or empty. */
  readonly verifyOptions: string;
}

export interface BlacklistView {
  readonly verifierImport: string;
  readonly tokenKeyImport: string;
  /** Keeps its keys apart from those of other products on the same Redis. */
  readonly scope: string;
  readonly redis: boolean;
  readonly nodeRedis: boolean;
  /** Expressions of the cookies in which the service reads tokens, comma-separated; false for none. */
  readonly cookies: string | false;
  readonly signedCookies: boolean;
}

/** What the plugin is rendered from; expressions are TypeScript, false is none. */
export interface VerifyView extends RedisConnection {
  readonly imports: readonly string[];
  readonly path: string;
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  readonly fastifyMajor: number;
  /** The application takes JSON schemas: no validator compiler of another kind is set. */
  readonly plainSchemas: boolean;
  /** The members of the route's options: its schema, and what gets it past a guard of the whole application. */
  readonly routeOptions: string | false;
  readonly blacklist: boolean;
  /** Revocations are published: revocation-publisher.ts is there. */
  readonly publishes: boolean;
  /** What signs and verifies; false where only @fastify/jwt knows it, and for a key pair. */
  readonly secret: string | false;
  /** The type of that expression. */
  readonly secretType: string;
  readonly registersJwt: boolean;
  readonly verifierArgument: string;
  /** The verifier gives a promise. */
  readonly verifiesLater: boolean;
  readonly serviceAuthSecret: string;
  /** What the claims of a login's token meet, as an expression; false where the code has no other tokens or marks. */
  readonly purpose: string | false;
  /** A sentence that says why. */
  readonly purposeComment: string;
  readonly comparesClaims: boolean;
  /** Another check that tokens have to pass, as a call; false for none. */
  readonly accept: string | false;
  /** String literals, comma-separated, most likely first. */
  readonly userIdClaims: string;
  readonly tenantIdClaims: string;
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
  /** The test registers @fastify/jwt, as the service does. */
  readonly fastifyJwt: boolean;
  /** `, namespace: 'access'`, or empty. */
  readonly namespaceOption: string;
  /** What `app.config` has to hold where the route reads the secret from it: `{ JWT_SECRET: SECRET }`; false elsewhere. */
  readonly decorated: string | false;
  /** The variable that the secret comes from; false when it is not known, and for a decorator. */
  readonly secretEnv: string | false;
  /** The route reads that variable when it is registered, so a test can make it short. */
  readonly guardsSecret: boolean;
  readonly algorithm: string;
  readonly otherAlgorithm: string;
  readonly userIdClaims: string;
  readonly tenantIdClaims: string;
  readonly userIdClaim: string;
  readonly tenantClaim: string | false;
  /** Object entries. */
  readonly usualClaims: string;
  /** Object entries that take email and tenant away, where a token may lack them. */
  readonly sparseClaims: string;
  /** Object entries of what is told about a token without them. */
  readonly sparseIdentity: string;
  /** String literals: kind claims that tokens of a login may have with any text. */
  readonly freeKinds: string;
  /** Whether tokens have an email. */
  readonly email: boolean;
  /** Object entries that make a token one for something else; [] where there are no rules. */
  readonly otherPurposes: readonly string[];
  readonly blacklist: boolean;
  readonly redis: boolean;
  readonly ioredis: boolean;
  readonly nodeRedis: boolean;
}
