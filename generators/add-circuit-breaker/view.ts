/** What circuit-breaker.ts and its test are rendered from; imports are specifiers as the service writes them. */
export interface BreakerView {
  readonly window: boolean;
  readonly backoff: boolean;
  readonly windowImport: string;
}

export interface BreakerTestView extends BreakerView {
  readonly breakerImport: string;
}
