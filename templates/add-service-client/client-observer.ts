import type { CircuitState, CircuitStats } from '../add-circuit-breaker/circuit-breaker.ts';
import type { ServiceRequest } from './service-request.ts';

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
export interface ServiceCall extends ServiceRequest {
  readonly client: ObservedClient;
}

/** Receives the events of a client's calls. */
export interface ClientObserver {
  clientCreated(client: ObservedClient): void;
  clientClosed(client: ObservedClient): void;
  circuitChanged(client: ObservedClient, from: CircuitState, to: CircuitState): void;
  /** False: nobody is to be told of the later events of this call. */
  callStarted(call: ServiceCall): boolean;
  attemptStarted(call: ServiceCall, attempt: number): void;
  retryPlanned(call: ServiceCall, attempt: number, delayMs: number, error: unknown): void;
  /** `outcome` is the status of a good answer, or what was thrown. */
  callEnded(call: ServiceCall, durationMs: number, outcome: unknown): void;
  /** The call was not made, because the circuit is open. */
  callRefused(client: ObservedClient, retryAfterMs: number): void;
}

/** Nobody is told of the calls of a client that is given no observer. */
export const defaultObserver: ClientObserver | undefined = undefined;
