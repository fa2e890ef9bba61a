import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { CircuitState } from '../add-circuit-breaker/circuit-breaker.ts';
import type { ClientObserver, ObservedClient, ServiceCall } from './client-observer.ts';
import { ServiceClientError, type ServiceClientErrorKind } from './service-client-error.ts';

export type { ClientObserver, ObservedClient, ServiceCall };

/** `success`, why it failed, or `error` for a mistake of our own. */
export type CallResult = 'success' | ServiceClientErrorKind | 'error';

export interface CallAttempt {
  readonly call: ServiceCall;
  /** 0 is the first. */
  readonly attempt: number;
}

export interface CallRetry extends CallAttempt {
  /** Milliseconds until the next attempt. */
  readonly delayMs: number;
  /** Why this attempt failed. */
  readonly result: CallResult;
  readonly status: number | undefined;
}

export interface CallEnd {
  readonly call: ServiceCall;
  readonly result: CallResult;
  /** Of the last answer; undefined when there was none. */
  readonly status: number | undefined;
  /** Milliseconds, retries included. */
  readonly durationMs: number;
}

export interface CircuitChange {
  readonly client: ObservedClient;
  readonly from: CircuitState;
  readonly to: CircuitState;
}

/** A call that was not made, because the circuit is open. */
export interface CallRefusal {
  readonly client: ObservedClient;
  readonly retryAfterMs: number;
}

/**
 * What the middleware said of a request: `valid` the user is known · `invalid` a token that is no good · `missing` none
 * at all · `unavailable` nobody could tell · `circuit_open` nobody was asked · `error` a mistake of our own.
 */
export type VerificationResult = 'valid' | 'invalid' | 'missing' | 'unavailable' | 'circuit_open' | 'error';

export interface Verification {
  readonly result: VerificationResult;
  /** The claim cache knew. */
  readonly cached: boolean;
  readonly correlationId: string;
}

/** The channels of `node:diagnostics_channel` that this service publishes on, and what it publishes. */
export interface DiagnosticEvents {
  'service-client:create': ObservedClient;
  'service-client:close': ObservedClient;
  'service-client:start': ServiceCall;
  'service-client:attempt': CallAttempt;
  'service-client:retry': CallRetry;
  'service-client:end': CallEnd;
  'service-client:refuse': CallRefusal;
  'circuit-breaker:change': CircuitChange;
  'auth:verified': Verification;
}

interface EventChannel<Event> {
  readonly hasSubscribers: boolean;
  publish(event: Event): void;
}

function open<Name extends keyof DiagnosticEvents>(name: Name): EventChannel<DiagnosticEvents[Name]> {
  return channel(name);
}

const created = open('service-client:create');
const closed = open('service-client:close');
const started = open('service-client:start');
const attempted = open('service-client:attempt');
const retried = open('service-client:retry');
const ended = open('service-client:end');
const refused = open('service-client:refuse');
const changed = open('circuit-breaker:change');
const verified = open('auth:verified');

const clients = new Set<ObservedClient>();

/** The clients that are not closed yet: who listens later than they were made finds them here. */
export function openClients(): readonly ObservedClient[] {
  return [...clients];
}

/**
 * Tells `listener` of every event of that name in this process, at once and in order, until the function that is given
 * back is called. What a listener throws does not reach the call: Node.js makes it an uncaught exception.
 */
export function observe<Name extends keyof DiagnosticEvents>(
  name: Name,
  listener: (event: DiagnosticEvents[Name]) => void,
): () => void {
  const listen = (event: unknown): void => {
    listener(event as DiagnosticEvents[Name]);
  };
  subscribe(name, listen);
  return () => {
    unsubscribe(name, listen);
  };
}

/** Publishes what becomes of the calls of every client of this process, unless one is given another observer. */
export const defaultObserver: ClientObserver | undefined = {
  clientCreated: (client) => {
    clients.add(client);
    created.publish(client);
  },
  clientClosed: (client) => {
    if (clients.delete(client)) closed.publish(client);
  },
  circuitChanged: (client, from, to) => {
    changed.publish({ client, from, to });
  },
  callStarted: (call) => {
    started.publish(call);
    return (
      started.hasSubscribers || attempted.hasSubscribers || retried.hasSubscribers || ended.hasSubscribers
    );
  },
  attemptStarted: (call, attempt) => {
    attempted.publish({ call, attempt });
  },
  retryPlanned: (call, attempt, delayMs, error) => {
    retried.publish({ call, attempt, delayMs, ...failureOf(error) });
  },
  callEnded: (call, durationMs, outcome) => {
    const isGood = typeof outcome === 'number';
    const end = isGood ? { result: 'success' as const, status: outcome } : failureOf(outcome);
    ended.publish({ call, durationMs, ...end });
  },
  callRefused: (client, retryAfterMs) => {
    if (refused.hasSubscribers) refused.publish({ client, retryAfterMs });
  },
};

function failureOf(error: unknown): Pick<CallEnd, 'result' | 'status'> {
  if (!(error instanceof ServiceClientError)) return { result: 'error', status: undefined };
  return { result: error.kind, status: error.status };
}

export function tokenVerified(result: VerificationResult, cached: boolean, correlationId: string): void {
  if (verified.hasSubscribers) verified.publish({ result, cached, correlationId });
}
