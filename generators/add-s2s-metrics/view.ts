/** What service-metrics.ts is rendered from. */
export interface MetricsView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** What fastify-plugin calls it: free in the service. */
  readonly pluginName: string;
  /** The variable for it: not the name that the expression reads. */
  readonly registry: string;
  readonly registryExpression: string;
  /** The same in words. */
  readonly registryName: string;
  /** The service has no route that Prometheus could scrape: it gets `/metrics`. */
  readonly endpoint: boolean;
  /** Members of the options of that route. */
  readonly routeOptions: string;
}

export interface MetricsTestView {
  readonly metricsImport: string;
  readonly clientImport: string;
  readonly diagnosticsImport: string;
  readonly endpoint: boolean;
  readonly retry: boolean;
}
