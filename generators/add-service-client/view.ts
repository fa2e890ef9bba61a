/** What the tests of the client and of its diagnostics are rendered from. */
export interface ClientTestView {
  readonly retry: boolean;
  readonly clientImport: string;
  readonly diagnosticsImport: string;
}
