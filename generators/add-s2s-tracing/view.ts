/** What service-tracing.ts is rendered from. */
export interface TracingView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  /** Statements, one for each part: `traceCalls();`. */
  readonly parts: readonly string[];
}

/** What the tests of tracing are rendered from. */
export interface TracingTestView {
  readonly tracingImport: string;
  readonly bindingsImport: string;
  readonly callsImport: string;
  readonly attemptsImport: string;
  readonly clientImport: string;
  /** The client repeats calls. */
  readonly retry: boolean;
}

/** What tracing.ts, which starts the SDK, is rendered from. */
export interface SdkView {
  readonly serviceName: string;
  /** How the service is started with it. */
  readonly command: string;
}
