/** What the middleware is rendered from. */
export interface MiddlewareView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** Declarations of the user and of the options, where they have more than those of authentication.ts. */
  readonly types: readonly string[];
  /** Types: of the member of the request, and of the options. */
  readonly userType: string;
  readonly optionsType: string;
  /** The options of an autoloaded plugin, with an empty line before; [] where it is registered. */
  readonly autoloaded: readonly string[];
  /** Statements that decide what the options leave open. */
  readonly preparations: readonly string[];
  /** Members of the object that authentication.ts gets, after the options. */
  readonly settings: string;
  /** Further arguments, with a comma before them: unusual names, and what the auth service answers beside ID, mail and tenant. */
  readonly names: string;
  /** The declaration that the result is for; empty where nobody needs it. */
  readonly result: string;
  /** Statements that guard all routes; [] where only chosen routes have the hook. */
  readonly guard: readonly string[];
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  /** `, dependencies: ['redis']`: autoloaded plugins that it has to follow; empty for none. */
  readonly dependencies: string;
  /** Names that are free in the service: of the request's members and of the hook. */
  readonly userMember: string;
  readonly correlationMember: string;
  readonly decorator: string;
}

/** What the tests of the middleware and of its optional parts are rendered from. */
export interface MiddlewareTestView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** The type of the options of the middleware. */
  readonly optionsType: string;
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
