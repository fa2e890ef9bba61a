/** What the tests of the client and of its diagnostics are rendered from. */
export interface ClientTestView {
  readonly retry: boolean;
  /** Whole import statements. */
  readonly imports: readonly string[];
  readonly clientImport: string;
  readonly diagnosticsImport: string;
}

/** What the test of the request context is rendered from. */
export interface RequestContextTestView {
  /** Whole import statements. */
  readonly imports: readonly string[];
}
