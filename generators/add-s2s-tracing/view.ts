/** What service-tracing.ts is rendered from. */
export interface TracingView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  /** The service calls others through a ServiceClient. */
  readonly client: boolean;
  /** No instrumentation makes spans of what is sent. */
  readonly clientSpans: boolean;
  /** No instrumentation makes spans of what comes in. */
  readonly serverSpans: boolean;
  /** No instrumentation puts the trace into log lines. */
  readonly logs: boolean;
  /** It makes spans of its own. */
  readonly spans: boolean;
}

export interface TracingTestView {
  readonly tracingImport: string;
  readonly clientImport: string;
  readonly client: boolean;
  readonly clientSpans: boolean;
  readonly serverSpans: boolean;
  readonly logs: boolean;
  readonly spans: boolean;
  readonly retry: boolean;
}

/** What tracing.ts, which starts the SDK, is rendered from. */
export interface SdkView {
  readonly serviceName: string;
  /** How the service is started with it. */
  readonly command: string;
}
