/** What the middleware is rendered from. */
export interface MiddlewareView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  /** `, dependencies: ['redis']`: autoloaded plugins that it has to follow; empty for none. */
  readonly dependencies: string;
  /** Lines of code that make the cache, and in words what it is by default. */
  readonly cache: readonly string[];
  readonly cacheDefault: string;
  /** Options of the parts that the service has. */
  readonly partOptions: readonly PartOption[];
  /** What the decorator is. */
  readonly decorated: string;
  /** Statements that guard all routes; [] where only chosen routes have the hook. */
  readonly guard: readonly string[];
  /** The observer of the results, up to the parentheses of a call, and in words who it is by default. */
  readonly observer: string;
  readonly observerDefault: string;
  /** The variable with the URL of the auth service. */
  readonly urlVariable: string;
  /** TypeScript expressions that read that variable and `SERVICE_AUTH_SECRET`. */
  readonly urlExpression: string;
  readonly secretExpression: string;
  readonly defaultUrl: string;
  /** Path of the verify route. */
  readonly path: string;
  /** Names that are free in the service: of the request's members and of the hook. */
  readonly userMember: string;
  readonly correlationMember: string;
  readonly decorator: string;
  /** Members of a user beside ID, mail and tenant, and how they are read from the answer, with a comma before each. */
  readonly carriedTypes: readonly string[];
  readonly carried: string;
  /** The plugin is autoloaded, so its options stand beside it; `publicRoutes` are their string literals. */
  readonly autoConfig: boolean;
  readonly publicRoutes: string;
}

/** The same where what is not about the service's names is in a package that it shares. */
export interface SharedMiddlewareView extends Pick<
  MiddlewareView,
  | 'cache'
  | 'correlationMember'
  | 'decorated'
  | 'decorator'
  | 'guard'
  | 'imports'
  | 'pluginName'
  | 'urlVariable'
  | 'userMember'
> {
  /** Declarations. */
  readonly userType: readonly string[];
  readonly optionsType: readonly string[];
  /** The options of an autoloaded plugin, with an empty line before; [] where it is registered. */
  readonly autoloaded: readonly string[];
  /** Entries of the object that the package gets, before the options and after them. */
  readonly settings: string;
  readonly more: string;
  /** One more argument, with a comma before it, where the auth service answers more than ID, mail and tenant. */
  readonly claims: string;
}

/** A member of the middleware's options and its docstring. */
interface PartOption {
  readonly does: string;
  readonly declaration: string;
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
