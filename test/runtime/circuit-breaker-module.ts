/** The breaker as its contract has it: what tests of rendered modules may rely on. */
export type CircuitState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

export interface CircuitStats {
  readonly state: CircuitState;
  readonly failures: number;
  readonly successes: number;
  readonly rejections: number;
  readonly totalCalls: number;
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
}

export interface CircuitBreaker {
  tryAcquire(): number;
  refuseForMs(): number;
  success(permit: number, durationMs?: number): void;
  failure(permit: number, error?: unknown, durationMs?: number): void;
  release(permit: number): void;
  getState(): CircuitState;
  getStats(): CircuitStats;
  reset(): void;
  isolate(): void;
}

export interface CircuitBreakerModule {
  readonly CircuitBreaker: new (options: object) => CircuitBreaker;
}
