import * as cockatiel from 'cockatiel';
import Opossum from 'opossum';

import { CircuitBreaker } from '../templates/add-circuit-breaker/circuit-breaker.ts';
import { failureRate } from '../templates/add-circuit-breaker/outcome-window.ts';

export type Call = () => Promise<unknown>;
export type Calls = Readonly<Record<string, Call>>;

const never = 1_000_000_000;
/** Made once: the cost of an error is not that of a breaker. */
const broken = new Error('broken');
const tripPolicy = failureRate({
  type: 'time',
  durationMs: 10_000,
  failureRateThreshold: 1,
  minimumCalls: never,
});
/** Never opens by itself. */
const patient = { timeout: false, errorThresholdPercentage: 100, volumeThreshold: never } as const;

/** Calls of the same work, bare and through closed breakers that no failure opens. */
export function breakersAround(work: Call): Calls {
  const core = new CircuitBreaker({ failureThreshold: never });
  const time = new CircuitBreaker({ tripPolicy });
  return {
    bare: work,
    'a bare `.then`': () => work().then(same, rethrow),
    'a bare `.then` and one clock read': () => work().then(timed, rethrow),
    'ours, failures in a row': () => core.execute(work),
    'ours, time window of 10 s': () => time.execute(work),
    'cockatiel Consecutive': withCockatiel(work, new cockatiel.ConsecutiveBreaker(never)),
    'cockatiel Sampling 10 s': withCockatiel(
      work,
      new cockatiel.SamplingBreaker({ threshold: 0.999, duration: 10_000, minimumRps: never }),
    ),
    'opossum, lean': withOpossum(work, { rollingPercentilesEnabled: false, enableSnapshots: false }),
    'opossum, default': withOpossum(work, { timeout: 10_000 }),
  };
}

function same(value: unknown): unknown {
  return value;
}

function rethrow(error: unknown): never {
  throw error;
}

/** A time window must know when a call has ended. */
function timed(value: unknown): unknown {
  performance.now();
  return value;
}

/** The same work through breakers that are open for good. */
export function refusingBreakers(work: Call): Calls {
  const ours = new CircuitBreaker();
  ours.isolate();
  const breaker = new cockatiel.ConsecutiveBreaker(5);
  const isolated = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 60_000, breaker });
  isolated.isolate();
  const opossum = new Opossum(work, patient);
  opossum.open();
  return {
    'ours, failures in a row': () => ours.execute(work),
    'cockatiel Consecutive': () => isolated.execute(work),
    'opossum, default': () => opossum.fire(),
  };
}

function withCockatiel(work: Call, breaker: cockatiel.IBreaker): Call {
  const policy = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 60_000, breaker });
  return () => policy.execute(work);
}

function withOpossum(work: Call, options: Opossum.Options): Call {
  const breaker = new Opossum(work, { ...patient, ...options });
  return () => breaker.fire();
}

/** Makes breakers of one kind, each of which has seen a success and a failure. */
export function newBreaker(kind: string): () => Promise<unknown> {
  const used = async <Breaker>(
    breaker: Breaker,
    call: (work: Call) => Promise<unknown>,
  ): Promise<Breaker> => {
    for (let calls = 0; calls < 100; calls += 1) await call(succeed);
    await call(fail).catch(() => undefined);
    return breaker;
  };
  const ours = (breaker: CircuitBreaker): Promise<unknown> => used(breaker, (work) => breaker.execute(work));
  const policy = (breaker: cockatiel.IBreaker): Promise<unknown> => {
    const made = cockatiel.circuitBreaker(cockatiel.handleAll, { halfOpenAfter: 60_000, breaker });
    return used(made, (work) => made.execute(work));
  };
  const kinds: Record<string, () => Promise<unknown>> = {
    none: () => Promise.resolve(undefined),
    'ours, failures in a row': () => ours(new CircuitBreaker()),
    'ours, time window of 10 s': () => ours(new CircuitBreaker({ tripPolicy })),
    'ours, count window of 100': () =>
      ours(
        new CircuitBreaker({
          tripPolicy: failureRate({
            type: 'count',
            size: 100,
            failureRateThreshold: 1,
            minimumCalls: 100,
          }),
        }),
      ),
    'cockatiel Consecutive': () => policy(new cockatiel.ConsecutiveBreaker(5)),
    'cockatiel Sampling 10 s': () =>
      policy(new cockatiel.SamplingBreaker({ threshold: 0.999, duration: 10_000, minimumRps: never })),
    'opossum, default': () => {
      const breaker = new Opossum((work: Call) => work(), patient);
      return used(breaker, (work) => breaker.fire(work));
    },
  };
  const create = kinds[kind];
  if (create === undefined) throw new Error(`There is no kind ${kind}`);
  return create;
}

/* eslint-disable @typescript-eslint/require-await -- async functions are what breakers are put around */
export async function succeed(): Promise<undefined> {
  return undefined;
}

export async function fail(): Promise<never> {
  throw broken;
}
