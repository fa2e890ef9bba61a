import { CircuitBreaker } from '@/utils/circuit-breaker';
import { failureRate, type WindowOptions } from '@/utils/outcome-window';

/** Time stands still unless a test moves it. */
let now = 0;
const clock = (): number => now;

beforeEach(() => {
  now = 1_000;
});

const boom = new Error('boom');

function createBreaker(window: WindowOptions, successThreshold = 2): CircuitBreaker {
  return new CircuitBreaker({ timeout: 1_000, clock, successThreshold, tripPolicy: failureRate(window) });
}

async function failTimes(breaker: CircuitBreaker, times: number): Promise<void> {
  for (let call = 0; call < times; call += 1) {
    await expect(breaker.execute(() => Promise.reject(boom))).rejects.toMatchObject({ message: 'boom' });
  }
}

describe('circuit breaker, failure and slow-call rates', () => {
  const rates = { failureRateThreshold: 0.5, minimumCalls: 4 };

  function play(breaker: CircuitBreaker, outcomes: string, durationMs?: number): void {
    for (const outcome of outcomes) {
      const permit = breaker.tryAcquire();
      if (outcome === '+') breaker.success(permit, durationMs);
      else breaker.failure(permit, boom, durationMs);
    }
  }

  it('opens at the failure rate of the last calls, once there are enough', () => {
    const breaker = createBreaker({ type: 'count', size: 4, ...rates });
    play(breaker, '---');
    expect(breaker.getState()).toBe('CLOSED');
    play(breaker, '+');
    expect(breaker.getState()).toBe('OPEN');
  });

  it('forgets calls that have left the window', () => {
    const breaker = createBreaker({ type: 'count', size: 4, ...rates });
    play(breaker, '+++-+++-+++-');
    expect(breaker.getState()).toBe('CLOSED');
    play(breaker, '-');
    expect(breaker.getState()).toBe('OPEN');
  });

  it('takes the rate over a time', () => {
    const breaker = createBreaker({ type: 'time', durationMs: 1_000, ...rates });
    play(breaker, '---');
    now += 1_000;
    play(breaker, '-++');
    expect(breaker.getState()).toBe('CLOSED');
    now += 300;
    play(breaker, '-');
    expect(breaker.getState()).toBe('OPEN');
  });

  it('keeps what is younger than the time', () => {
    const breaker = createBreaker({ type: 'time', durationMs: 1_000, ...rates });
    play(breaker, '--');
    now += 500;
    play(breaker, '++');
    expect(breaker.getState()).toBe('OPEN');
  });

  it('lets what is older than the time leave bit by bit', () => {
    const breaker = createBreaker({ type: 'time', durationMs: 1_000, ...rates });
    play(breaker, '-++');
    now += 600;
    play(breaker, '++');
    now += 450;
    play(breaker, '-');
    expect(breaker.getState()).toBe('CLOSED');
    play(breaker, '-');
    expect(breaker.getState()).toBe('OPEN');
  });

  it('counts right over many turns of a time', () => {
    const breaker = createBreaker({ type: 'time', durationMs: 1_000, ...rates });
    for (let step = 0; step < 25; step += 1) {
      now += 100;
      play(breaker, '+++-');
    }
    // 40 calls are in the window, 10 of them failed.
    play(breaker, '-'.repeat(19));
    expect(breaker.getState()).toBe('CLOSED');
    play(breaker, '-');
    expect(breaker.getState()).toBe('OPEN');
  });

  it('counts right over many turns of a number of calls', () => {
    const breaker = createBreaker({ type: 'count', size: 40, ...rates });
    for (let turn = 0; turn < 50; turn += 1) play(breaker, '+++-');
    // 10 of 40 failed, and each failure to come takes the place of the oldest call.
    play(breaker, '-'.repeat(12));
    expect(breaker.getState()).toBe('CLOSED');
    play(breaker, '-');
    expect(breaker.getState()).toBe('OPEN');
  });

  it('counts slow calls right over many turns', () => {
    const slow = { slowCallDurationMs: 100, slowCallRateThreshold: 0.5 };
    const count = createBreaker({ type: 'count', size: 20, ...rates, ...slow });
    const time = createBreaker({ type: 'time', durationMs: 1_000, ...rates, ...slow });
    for (let turn = 0; turn < 50; turn += 1) {
      now += 100;
      for (const breaker of [count, time]) {
        play(breaker, '+++', 99);
        play(breaker, '+', 100);
      }
    }
    play(count, '+++++', 100);
    play(time, '+'.repeat(19), 100);
    expect([count.getState(), time.getState()]).toEqual(['CLOSED', 'CLOSED']);
    play(count, '+', 100);
    play(time, '+', 100);
    expect([count.getState(), time.getState()]).toEqual(['OPEN', 'OPEN']);
  });

  it('takes no call for slow whose time it does not know', () => {
    const slow = { slowCallDurationMs: 100, slowCallRateThreshold: 0.1 };
    const breaker = createBreaker({ type: 'count', size: 4, ...rates, ...slow });
    play(breaker, '++++++');
    expect(breaker.getState()).toBe('CLOSED');
    const unrated = createBreaker({ type: 'count', size: 4, ...rates });
    play(unrated, '++++++', 1e9);
    expect(unrated.getState()).toBe('CLOSED');
  });

  it('opens when too many calls are slow', () => {
    const slow = { slowCallDurationMs: 100, slowCallRateThreshold: 0.5 };
    for (const recent of [{ type: 'count', size: 10 } as const, { type: 'time', durationMs: 1_000 } as const]) {
      const breaker = createBreaker({ ...recent, ...rates, ...slow });
      play(breaker, '++', 99);
      play(breaker, '+', 100);
      expect(breaker.getState()).toBe('CLOSED');
      play(breaker, '+', 100);
      expect(breaker.getState()).toBe('OPEN');
    }
  });

  it('measures the time of the calls that it makes itself', async () => {
    const slow = { slowCallDurationMs: 100 };
    const options = { failureRateThreshold: 1, minimumCalls: 1, ...slow };
    const breaker = createBreaker({ type: 'count', size: 1, ...options });
    await breaker.execute(() => {
      now += 100;
      return Promise.resolve('ok');
    });
    expect(breaker.getState()).toBe('OPEN');
  });

  it('opens by rate through execute as well, and starts empty after a close', async () => {
    const breaker = createBreaker({ type: 'count', size: 4, ...rates }, 1);
    await failTimes(breaker, 4);
    expect(breaker.getState()).toBe('OPEN');
    now += 1_000;
    await breaker.execute(() => Promise.resolve('ok'));
    await failTimes(breaker, 3);
    expect(breaker.getState()).toBe('CLOSED');
  });

  it('says which part of a window is wrong, and how', () => {
    const window = { type: 'count', size: 4, ...rates } as const;
    expect(() => createBreaker({ ...window, size: 0 })).toThrow(/window\.size must be a positive integer, got 0/);
    expect(() => createBreaker({ ...window, size: 3 })).toThrow(/minimumCalls must not be more than window\.size/);
    expect(() => createBreaker({ ...window, minimumCalls: 1.5 })).toThrow(/window\.minimumCalls must be a positive/);
    expect(() => createBreaker({ ...window, minimumCalls: 0 })).toThrow(/window\.minimumCalls must be a positive/);
    expect(() => createBreaker({ ...window, failureRateThreshold: 1.1 })).toThrow(/at most 1, got 1\.1/);
    expect(() => createBreaker({ ...window, slowCallRateThreshold: 0 })).toThrow(/above 0 and at most 1, got 0/);
    expect(() => createBreaker({ ...window, slowCallDurationMs: 0 })).toThrow(/window\.slowCallDurationMs must be finite/);
    const time = { type: 'time', durationMs: Number.POSITIVE_INFINITY, ...rates } as const;
    expect(() => createBreaker(time)).toThrow(/window\.durationMs must be finite and above 0 milliseconds, got Infinity/);
  });

  it('refuses sizes and rates that make no sense', () => {
    expect(() => createBreaker({ type: 'count', size: 0, ...rates })).toThrow(RangeError);
    expect(() => createBreaker({ type: 'count', size: 3, ...rates })).toThrow(RangeError);
    expect(() => createBreaker({ type: 'time', durationMs: 0, ...rates })).toThrow(RangeError);
    const slow = { slowCallDurationMs: Number.NaN };
    expect(() => createBreaker({ type: 'count', size: 4, ...rates, ...slow })).toThrow(RangeError);
    expect(() =>
      createBreaker({ type: 'count', size: 1, failureRateThreshold: 0, minimumCalls: 1 }),
    ).toThrow(RangeError);
  });
});
