/** What the middleware is rendered from. */
export interface MiddlewareView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** Declarations of the user and of the options. */
  readonly userType: readonly string[];
  readonly optionsType: readonly string[];
  /** What more is to be said of the options' defaults. */
  readonly defaults: string;
  /** The options of an autoloaded plugin, with an empty line before; [] where it is registered. */
  readonly autoloaded: readonly string[];
  /** Lines of code that make the cache. */
  readonly cache: readonly string[];
  /** Entries of the object that authentication.ts gets, after the options. */
  readonly settings: readonly string[];
  /** One more argument, with a comma before it, where the auth service answers more than ID, mail and tenant. */
  readonly claims: string;
  /** What the decorator is. */
  readonly decorated: string;
  /** Statements that guard all routes; [] where only chosen routes have the hook. */
  readonly guard: readonly string[];
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  /** `, dependencies: ['redis']`: autoloaded plugins that it has to follow; empty for none. */
  readonly dependencies: string;
  /** The variable with the URL of the auth service, and its default. */
  readonly urlVariable: string;
  readonly defaultUrl: string;
  /** Names that are free in the service: of the request's members and of the hook. */
  readonly userMember: string;
  readonly correlationMember: string;
  readonly decorator: string;
}

/** What the tests of the middleware and of its optional parts are rendered from. */
export interface MiddlewareTestView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** Statements after them: they load the middleware where its configuration needs an environment first. */
  readonly setUp: readonly string[];
  /** Statements that register what the middleware depends on. */
  readonly standIns: readonly string[];
  /** Members of its options by which it connects to nothing but the auth service. */
  readonly isolation: string;
  readonly path: string;
  /** The variable with the URL of the auth service. */
  readonly urlVariable: string;
  readonly userMember: string;
  readonly correlationMember: string;
  readonly decorator: string;
}

/** What the tests of the local verifier are rendered from. */
export interface LocalVerifierTestView {
  /** Whole import statements. */
  readonly imports: readonly string[];
}

export interface ClaimCacheTestView {
  readonly cacheImport: string;
}
