import { describe, expect, it } from 'vitest';

import { CircuitBreaker, type CircuitBreakerOptions, type CircuitStats } from '@/utils/circuit-breaker';

/** Milliseconds of the breakers' clock. */
let now = 0;
const succeed = (): Promise<string> => Promise.resolve('ok');
const fail = (): Promise<never> => Promise.reject(new Error('boom'));
const throwBoom = (): never => {
  throw new Error('boom');
};

function createBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
  const defaults = { name: 'test', failureThreshold: 3, timeout: 100, clock: () => now };
  return new CircuitBreaker({ ...defaults, ...options });
}

/**
 * Runs steps: a number lets so many milliseconds pass, `s` and `f` are calls that succeed and fail, `p` takes a permit,
 * `S`, `F` and `C` settle the oldest permit (success, failure, cancelled), `r` resets and `i` isolates.
 */
async function run(breaker: CircuitBreaker, steps: string): Promise<CircuitBreaker> {
  const permits: number[] = [];
  for (const step of steps.match(/\d+|[a-z]/gi) ?? []) {
    if (step === 's') await breaker.execute(succeed).catch(() => 0);
    else if (step === 'f') await breaker.execute(fail).catch(() => 0);
    else if (step === 'p') permits.push(breaker.tryAcquire());
    else if (step === 'S') breaker.success(permits.shift() ?? 0);
    else if (step === 'F') breaker.failure(permits.shift() ?? 0);
    else if (step === 'C') breaker.release(permits.shift() ?? 0);
    else if (step === 'r') breaker.reset();
    else if (step === 'i') breaker.isolate();
    else now += Number(step);
  }
  return breaker;
}

/** Steps, the state that they lead to, some of the statistics, and the options. */
type Row = readonly [string, CircuitStats['state'], Partial<CircuitStats>?, CircuitBreakerOptions?];

const period = { monitoringPeriod: 500 };
const probe = { probeTimeout: 20 };

const suites: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  CLOSED: {
    'stays so below the failure threshold': ['ff', 'CLOSED'],
    'opens at the failure threshold': ['fff', 'OPEN'],
    'counts failures in a row': ['ffsff', 'CLOSED', { consecutiveFailures: 2 }],
    'forgets failures after the monitoring period': ['ff 500 ff', 'CLOSED', {}, period],
    'does not count what is no failure': ['fffff', 'CLOSED', {}, { isFailure: () => false }],
    'counts by weight': ['f', 'OPEN', {}, { weigh: () => 3 }],
    'counts a negative weight as 1': ['fff', 'OPEN', {}, { weigh: () => -5 }],
    'counts what cannot be classified': ['fff', 'OPEN', {}, { isFailure: throwBoom }],
  },
  OPEN: {
    'rejects until the timeout': ['fff 99 s', 'OPEN', { rejections: 1, totalCalls: 3 }],
    'ends at the timeout': ['fff 100', 'HALF_OPEN', { nextAttemptAt: undefined }],
    'ignores results of earlier calls': ['pp fff SF', 'OPEN', { successes: 0, failures: 3 }],
    'does not end while isolated': ['i 1000000 s', 'OPEN', { nextAttemptAt: undefined }],
  },
  HALF_OPEN: {
    'stays so below the success threshold': ['fff 100 s', 'HALF_OPEN'],
    'closes at the success threshold': ['fff 100 ss', 'CLOSED', { openedAt: undefined }],
    'reopens at the first failure': ['fff 100 sf', 'OPEN', { consecutiveSuccesses: 0 }],
    'lets one probe through at a time': ['fff 100 pp', 'HALF_OPEN', { rejections: 1 }],
    'frees the place of a cancelled probe': ['fff 100 pCp', 'HALF_OPEN', { rejections: 0 }],
    'counts a probe that hangs as failed': ['fff 100 p 20', 'OPEN', { failures: 4 }, probe],
    'waits for no earlier probe': ['fff 100 pr fff 100 p', 'HALF_OPEN', { totalCalls: 4 }, probe],
  },
  statistics: {
    'count calls and results': ['sfsf', 'CLOSED', { totalCalls: 4, successes: 2, failures: 2 }],
    'count successes in a row': ['sfss', 'CLOSED', { consecutiveSuccesses: 2 }],
    'end a run with its period': ['ff 500', 'CLOSED', { consecutiveFailures: 0 }, period],
  },
  reset: {
    closes: ['fff r', 'CLOSED', { openedAt: undefined, lastFailureTime: undefined }],
    'counts calls anew': ['sffff r', 'CLOSED', { totalCalls: 0, rejections: 0, failures: 0 }],
    'ignores results of earlier calls': ['pp r SF', 'CLOSED', { successes: 0, failures: 0 }],
    'ends an isolation': ['i i r s', 'CLOSED', { successes: 1 }],
  },
};

for (const [suite, rows] of Object.entries(suites)) {
  describe(`circuit breaker, ${suite}`, () => {
    for (const [title, [steps, state, expected, options]] of Object.entries(rows)) {
      it(title, async () => {
        const breaker = await run(createBreaker(options), steps);
        const stats = breaker.getStats();
        expect({ ...stats, state, ...expected }).toEqual(stats);
        expect(breaker.getState()).toBe(state);
      });
    }
  });
}

describe('circuit breaker, calls', () => {
  it('passes on what a function does, and rejects by itself after five failures', async () => {
    const breaker = new CircuitBreaker();
    expect([await breaker.execute(succeed), breaker.retryAfterMs()]).toEqual(['ok', 0]);
    for (const call of [fail, throwBoom, fail, throwBoom, fail])
      await expect(breaker.execute(call)).rejects.toMatchObject({ message: 'boom' });
    const expected = { code: 'CIRCUIT_OPEN', message: 'Circuit "circuit" is open' };
    await expect(breaker.execute(succeed)).rejects.toMatchObject(expected);
  });

  it('says how long to wait, and counts that as a rejection', async () => {
    const breaker = createBreaker();
    const waits: number[] = [];
    for (const steps of ['', 'fff', '40', '60', 'p', 'i'])
      waits.push((await run(breaker, steps)).refuseForMs());
    expect(waits).toEqual([0, 100, 60, 0, 100, Number.POSITIVE_INFINITY]);
    expect(breaker.getStats().rejections).toBe(4);
  });

  it('stays OPEN as long as the last error asks for', () => {
    for (const retryAfterMs of [500, 50, '500']) {
      const breaker = createBreaker({ failureThreshold: 1 });
      breaker.failure(breaker.tryAcquire(), { retryAfterMs });
      expect(breaker.retryAfterMs()).toBe(retryAfterMs === 500 ? 500 : 100);
    }
  });

  it('asks its policies when to open and for how long, and reports each change', async () => {
    const told: unknown[] = [];
    const tell = (...result: unknown[]): boolean => told.push(result) > 3;
    const breaker = createBreaker({
      successThreshold: 1,
      openTime: (timeoutMs, reopenings) => timeoutMs + 10 * reopenings,
      tripPolicy: () => ({ needsDuration: true, onSuccess: tell, onFailure: tell, reset: tell }),
      onStateChange: ({ to }) => {
        told.push(`${to} ${String(breaker.retryAfterMs())}`);
        throw new Error('No observer breaks it');
      },
    });
    await run(breaker, 'sffs 100 f 110 s');
    const changes = ['OPEN 100', 'HALF_OPEN 0', 'OPEN 110', 'HALF_OPEN 0', [], 'CLOSED 0'];
    expect(told).toEqual([[0], [1, 0], [2, 0], [0], ...changes]);
  });

  it('refuses counts that are no positive integers, and times that are not finite and above 0', () => {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => createBreaker({ failureThreshold: value })).toThrow(/a positive integer/);
      expect(() => createBreaker({ timeout: value })).toThrow(/must be finite and above 0/);
    }
  });
});
