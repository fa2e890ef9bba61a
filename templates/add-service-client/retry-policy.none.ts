/** Retries were left out of this service: there is nothing to set. */
export type RetryOptions = Readonly<Record<string, never>>;

export interface RetryPolicy {
  readonly saved: number;
  onCall(): void;
  next(attempt: number, retryAfterMs: number | undefined, remainingMs: number): number | undefined;
}

/** No policy: every call is made once. */
export const createRetryPolicy: (options?: RetryOptions) => RetryPolicy | undefined = () => undefined;
