/** What the middleware is rendered from. */
export interface MiddlewareView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  readonly cache: boolean;
  /** What came of each token is published. */
  readonly diagnostics: boolean;
  /** The cache hears of revocations: revocation-subscriber.ts is there. */
  readonly revocation: boolean;
  /** Milliseconds. */
  readonly cacheTtlMs: number;
  /** TypeScript expressions that read `AUTH_SERVICE_URL` and `SERVICE_AUTH_SECRET`. */
  readonly urlExpression: string;
  readonly secretExpression: string;
  readonly defaultUrl: string;
  /** Path of the verify route. */
  readonly path: string;
  /** Names that are free in the service: of the request's members and of the hook. */
  readonly userMember: string;
  readonly correlationMember: string;
  readonly decorator: string;
  /** The plugin is autoloaded, so its options stand beside it; `publicRoutes` are their string literals. */
  readonly autoConfig: boolean;
  readonly publicRoutes: string;
}

export interface MiddlewareTestView {
  readonly middlewareImport: string;
  /** For types alone. */
  readonly optionsImport: string;
  /** Object entries that the configuration demands; [] for none, and then the middleware is imported first of all. */
  readonly environment: readonly string[];
  readonly path: string;
  readonly userMember: string;
  readonly correlationMember: string;
  readonly decorator: string;
  readonly cache: boolean;
  readonly diagnostics: boolean;
  readonly diagnosticsImport: string;
  readonly revocation: boolean;
  /** Where token-key.ts is, beside the subscriber. */
  readonly tokenKeyImport: string;
}

export interface ClaimCacheTestView {
  readonly cacheImport: string;
}
