import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

import {
  type CallEnd,
  type ObservedClient,
  observe,
  openClients,
} from '../add-service-client/service-diagnostics.ts';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Bounds the label: the patterns of a service beyond these share one value. */
const MAX_ROUTES = 100;
const OTHER = 'other';
const ANSWERS = ['success', 'http_3xx', 'http_4xx', 'http_5xx'];
const FAILURES = ['timeout', 'network', 'invalid_response', 'circuit_open', 'aborted', 'error'];
const STATES = ['CLOSED', 'OPEN', 'HALF_OPEN'] as const;
const VERIFICATIONS = ['valid', 'invalid', 'missing', 'unavailable', 'circuit_open', 'error'];

/** Once for each registry of the process, however many applications it has. */
const observed = new WeakSet<Registry>();

/**
 * Counts what the service clients, their circuits and the auth middleware of this process do. `buckets` are the upper
 * bounds of the durations in seconds, rising; default 5 ms to 10 s.
 */
export function collectClientMetrics(registry: Registry, buckets = BUCKETS): void {
  if (observed.has(registry)) return;
  observed.add(registry);
  observeCalls(registry, buckets);
  observeCircuits(registry);
  observeVerifications(registry);
}

function observeCalls(registry: Registry, buckets: number[]): void {
  const registers = [registry];
  const calls = new Counter({
    name: 's2s_client_calls_total',
    help: 'Calls to other services by how they ended',
    labelNames: ['service', 'result'],
    registers,
  });
  const durations = new Histogram({
    name: 's2s_client_call_duration_seconds',
    help: 'Calls to other services that the circuit let through, retries included',
    labelNames: ['service', 'route'],
    buckets,
    registers,
  });
  const retries = new Counter({
    name: 's2s_client_retries_total',
    help: 'Attempts after the first one',
    labelNames: ['service'],
    registers,
  });
  const routes = new Map<string, Set<string>>();

  forEachClient(({ service }) => {
    // A counter that appears with its first event would hide it: a rate needs a value before.
    for (const result of [...ANSWERS, ...FAILURES]) calls.inc({ service, result }, 0);
    retries.inc({ service }, 0);
  });
  observe('service-client:end', (end) => {
    const { service } = end.call.client;
    const route = boundedRoute(routes, service, end.call.route);
    calls.inc({ service, result: resultOf(end) });
    durations.observe({ service, route }, end.durationMs / 1_000);
  });
  observe('service-client:refuse', ({ client }) => {
    calls.inc({ service: client.service, result: 'circuit_open' });
  });
  observe('service-client:retry', ({ call }) => {
    retries.inc({ service: call.client.service });
  });
}

function observeCircuits(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 's2s_client_circuits',
    help: 'Circuits in each state, as a call would find them now',
    labelNames: ['service', 'state'],
    registers,
    collect() {
      this.reset();
      for (const client of openClients()) {
        const { state } = client.getCircuitStats();
        for (const each of STATES) this.inc({ service: client.service, state: each }, each === state ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: 's2s_client_retry_budget',
    help: 'Retries that are saved up, of the client with the fewest; below 1 nothing is repeated',
    labelNames: ['service'],
    registers,
    collect() {
      this.reset();
      for (const [service, budget] of smallestBudgets()) this.set({ service }, budget);
    },
  });
  const transitions = new Counter({
    name: 's2s_client_circuit_transitions_total',
    help: 'Changes of circuits, by the state that they led to',
    labelNames: ['service', 'to'],
    registers,
  });
  forEachClient(({ service }) => {
    for (const to of STATES) transitions.inc({ service, to }, 0);
  });
  observe('circuit-breaker:change', ({ client, to }) => {
    transitions.inc({ service: client.service, to });
  });
}

function observeVerifications(registry: Registry): void {
  const verifications = new Counter({
    name: 's2s_auth_verifications_total',
    help: 'Requests by what became of their token, and whether the claim cache knew it',
    labelNames: ['result', 'cached'],
    registers: [registry],
  });
  for (const result of VERIFICATIONS) verifications.inc({ result, cached: 'false' }, 0);
  for (const result of ['valid', 'invalid']) verifications.inc({ result, cached: 'true' }, 0);
  observe('auth:verified', ({ result, cached }) => {
    verifications.inc({ result, cached: String(cached) });
  });
}

/** Those that are there, and those that will be made. */
function forEachClient(listener: (client: ObservedClient) => void): void {
  for (const client of openClients()) listener(client);
  observe('service-client:create', listener);
}

/** An answer that is no success by its class: 404 and 503 mean different things. */
function resultOf({ result, status }: CallEnd): string {
  return result === 'http' && status !== undefined ? `http_${String(Math.floor(status / 100))}xx` : result;
}

/** The caller's pattern; never a path, and never more of them than there is room for. */
function boundedRoute(routes: Map<string, Set<string>>, service: string, route: string | undefined): string {
  if (route === undefined) return OTHER;
  const known = routes.get(service) ?? new Set();
  routes.set(service, known);
  if (!known.has(route) && known.size >= MAX_ROUTES) return OTHER;
  known.add(route);
  return route;
}

function smallestBudgets(): Map<string, number> {
  const budgets = new Map<string, number>();
  for (const client of openClients()) {
    const budget = client.getRetryBudget();
    if (budget === undefined) continue;
    budgets.set(client.service, Math.min(budget, budgets.get(client.service) ?? budget));
  }
  return budgets;
}
