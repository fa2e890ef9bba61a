import type { CircuitStats } from '@/utils/circuit-breaker';

/** What a client tells of itself at any time. */
export interface ObservedClient {
  /** The name of its circuit; by default the host that it calls. */
  readonly service: string;
  /** `https://host:port` */
  readonly origin: string;
  getCircuitStats(): CircuitStats;
  /** Retries that are saved up now; undefined: it never retries. */
  getRetryBudget(): number | undefined;
}

/** One call that the circuit let through: the same object in all of its events, so it can be the key of a WeakMap. */
export interface ServiceCall {
  readonly client: ObservedClient;
  readonly method: string;
  /** As it is sent, with its query: it may hold what is private, and takes any number of values. */
  readonly path: string;
  /** The pattern that the caller gave, such as `/users/:id`. */
  readonly route: string | undefined;
  readonly correlationId: string;
  /** As they are sent: who is told of `start` or `attempt` may add to them. */
  readonly headers: Record<string, string>;
}

export interface CircuitChange {
  readonly client: ObservedClient;
  readonly from: CircuitStats['state'];
  readonly to: CircuitStats['state'];
}

/** Receives the events of a client's calls. */
export interface ClientObserver {
  clientCreated(client: ObservedClient): void;
  clientClosed(client: ObservedClient): void;
  circuitChanged(change: CircuitChange): void;
  /** The `call` of the later events of this call, which has none when this is undefined. */
  callStarted(
    client: ObservedClient,
    request: Pick<ServiceCall, 'method' | 'path' | 'headers'>,
    correlationId: string,
    route: string | undefined,
  ): ServiceCall | undefined;
  attemptStarted(call: ServiceCall, attempt: number): void;
  retryPlanned(call: ServiceCall, attempt: number, delayMs: number, error: unknown): void;
  /** `outcome` is the status of a good answer, or what was thrown. */
  callEnded(call: ServiceCall, durationMs: number, outcome: unknown): void;
  /** The call was not made, because the circuit is open. */
  callRefused(client: ObservedClient, retryAfterMs: number): void;
}

/** Nobody is told of the calls of a client that is given no observer. */
export const defaultObserver: ClientObserver | undefined = undefined;
