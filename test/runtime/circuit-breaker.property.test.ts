import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';

import {
  CircuitBreaker,
  type CircuitBreakerOptions,
} from '../../templates/add-circuit-breaker/circuit-breaker.ts';
import { growingOpenTime } from '../../templates/add-circuit-breaker/open-time.ts';
import { failureRate, type WindowOptions } from '../../templates/add-circuit-breaker/outcome-window.ts';
import { BreakerSchedule } from './breaker-schedule.ts';

const numRuns = process.env['S2S_DEEP'] === '1' ? 200_000 : 3_000;
const parameters = { numRuns, seed: inject('seed') };

const coreOptions = fc.record({
  failureThreshold: fc.integer({ min: 1, max: 3 }),
  successThreshold: fc.integer({ min: 1, max: 3 }),
  halfOpenMaxCalls: fc.integer({ min: 1, max: 3 }),
  timeout: fc.integer({ min: 1, max: 40 }),
  monitoringPeriod: fc.integer({ min: 1, max: 80 }),
  probeTimeout: fc.integer({ min: 1, max: 120 }),
});
const windows: fc.Arbitrary<WindowOptions> = fc.oneof(
  fc.record({ type: fc.constant('count' as const), size: fc.integer({ min: 2, max: 8 }), ...rates() }),
  fc.record({ type: fc.constant('time' as const), durationMs: fc.integer({ min: 1, max: 60 }), ...rates() }),
);
const backoffs = fc.record({
  factor: fc.double({ min: 1, max: 3, noNaN: true }),
  maxMs: fc.integer({ min: 1, max: 200 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});
const parts = fc.record(
  { tripPolicy: windows.map(failureRate), openTime: backoffs.map(growingOpenTime) },
  { requiredKeys: [] },
);

function rates(): {
  minimumCalls: fc.Arbitrary<number>;
  failureRateThreshold: fc.Arbitrary<number>;
  slowCallDurationMs: fc.Arbitrary<number>;
} {
  return {
    minimumCalls: fc.integer({ min: 1, max: 2 }),
    failureRateThreshold: fc.double({ min: 0.1, max: 1, noNaN: true }),
    slowCallDurationMs: fc.integer({ min: 1, max: 10 }),
  };
}

/** The longest that an error asks a breaker to stay open, in milliseconds. */
const longestRetryAfterMs = 150;
const choice = fc.nat({ max: 20 });
const error = fc.oneof(
  fc.constant(undefined),
  fc.record({ retryAfterMs: fc.integer({ min: -5, max: longestRetryAfterMs }) }),
  fc.constant({ harmless: true }),
);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constant((schedule: BreakerSchedule) => {
      schedule.acquire();
    }),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(choice, fc.constantFrom('success', 'failure', 'failure', 'release'), error)
      .map(([which, how, reason]) => (schedule: BreakerSchedule) => {
        schedule.settle(which, how, reason);
      }),
  },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 0, max: 60 }).map((ms) => (schedule: BreakerSchedule) => {
      schedule.now += ms;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.nat({ max: 10 ** 9 }).map((ms) => (schedule: BreakerSchedule) => {
      schedule.now += ms;
    }),
  },
  {
    weight: 1,
    arbitrary: choice.map((which) => (schedule: BreakerSchedule) => {
      schedule.hang(which);
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant((schedule: BreakerSchedule) => {
      schedule.reset();
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant((schedule: BreakerSchedule) => {
      schedule.isolate();
      schedule.reset();
    }),
  },
);
const schedules = fc.array(step, { maxLength: 80, size: 'max' });

type CoreOptions = typeof coreOptions extends fc.Arbitrary<infer Options> ? Options : never;

function play(
  options: CoreOptions,
  extra: CircuitBreakerOptions,
  steps: readonly ((schedule: BreakerSchedule) => void)[],
): void {
  const schedule = new BreakerSchedule(options);
  const breaker = new CircuitBreaker({
    ...options,
    ...extra,
    clock: () => schedule.now,
    onStateChange: schedule.onStateChange,
    isFailure: (reason: unknown) => !(typeof reason === 'object' && reason !== null && 'harmless' in reason),
  });
  schedule.drive(breaker);
  for (const next of steps) next(schedule);
  const longestMs = Math.max(200, options.timeout, longestRetryAfterMs) + options.probeTimeout;
  schedule.assertRecovers(longestMs, options.successThreshold);
}

describe('the breaker, by any schedule of calls, hangs and clock jumps', { timeout: 300_000 }, () => {
  it('keeps its probes within bounds, every state has an exit, and stale results are inert', () => {
    expect(() => {
      fc.assert(
        fc.property(coreOptions, schedules, (options, steps) => {
          play(options, {}, steps);
        }),
        parameters,
      );
    }).not.toThrow();
  });

  it('does so with windows and growing open times too', () => {
    expect(() => {
      fc.assert(
        fc.property(coreOptions, parts, schedules, (options, extra, steps) => {
          play(options, extra, steps);
        }),
        parameters,
      );
    }).not.toThrow();
  });

  it('gives a permit to itself alone: it counts up, and never to a number that cannot be told from the next', () => {
    const breaker = new CircuitBreaker();
    const permits = Array.from({ length: 1_000 }, () => breaker.tryAcquire());
    expect(new Set(permits).size).toBe(1_000);
    expect(permits.every((permit) => Number.isSafeInteger(permit) && permit > 0)).toBe(true);
  });
});
