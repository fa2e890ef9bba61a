/** The breaker and its parts as the tests import them: specifiers as the service writes them. */
export interface BreakerTestView {
  readonly breakerImport: string;
  readonly windowImport: string;
  readonly openTimeImport: string;
}
