import { CircuitBreaker } from '@/utils/circuit-breaker';
import { type BackoffOptions, growingOpenTime } from '@/utils/open-time';

/** Time stands still unless a test moves it. */
let now = 0;
const clock = (): number => now;

beforeEach(() => {
  now = 1_000;
});

const boom = new Error('boom');

function createBreaker(backoff: BackoffOptions, probeTimeout = 1_000): CircuitBreaker {
  const counts = { failureThreshold: 1, successThreshold: 1 };
  return new CircuitBreaker({ ...counts, timeout: 1_000, probeTimeout, clock, openTime: growingOpenTime(backoff) });
}

async function failTimes(breaker: CircuitBreaker, times: number): Promise<void> {
  for (let call = 0; call < times; call += 1) {
    await expect(breaker.execute(() => Promise.reject(boom))).rejects.toMatchObject({ message: 'boom' });
  }
}

describe('circuit breaker, growing open times', () => {
  it('multiplies the open time at each reopening, up to its bound, until a close', async () => {
    const breaker = createBreaker({ factor: 2, maxMs: 3_000, jitter: 0 });
    for (const openMs of [1_000, 2_000, 3_000, 3_000]) {
      await failTimes(breaker, 1);
      now += openMs - 1;
      expect(breaker.getState()).toBe('OPEN');
      now += 1;
      expect(breaker.getState()).toBe('HALF_OPEN');
    }
    await breaker.execute(() => Promise.resolve('ok'));
    await failTimes(breaker, 1);
    now += 1_000;
    expect(breaker.getState()).toBe('HALF_OPEN');
  });

  it('takes a random share off the open time', async () => {
    const breaker = createBreaker({ factor: 2, maxMs: 60_000, jitter: 0.5 });
    await failTimes(breaker, 1);
    now += 499;
    expect(breaker.getState()).toBe('OPEN');
    now += 501;
    expect(breaker.getState()).toBe('HALF_OPEN');
  });

  it('multiplies after a lost probe too', async () => {
    const breaker = createBreaker({ factor: 2, maxMs: 60_000, jitter: 0 }, 10);
    await failTimes(breaker, 1);
    now += 1_000;
    breaker.tryAcquire();
    now += 10 + 1_999;
    expect(breaker.getState()).toBe('OPEN');
    now += 1;
    expect(breaker.getState()).toBe('HALF_OPEN');
  });

  it('says which option is out of its range', () => {
    const fits = { factor: 2, maxMs: 60_000, jitter: 0 };
    for (const factor of [0.5, Number.POSITIVE_INFINITY]) {
      expect(() => growingOpenTime({ ...fits, factor })).toThrow(/backoff\.factor must be at least 1/);
    }
    for (const maxMs of [0, Number.NaN]) {
      expect(() => growingOpenTime({ ...fits, maxMs })).toThrow(/backoff\.maxMs must be finite and above 0/);
    }
    for (const jitter of [-0.1, 2]) {
      expect(() => growingOpenTime({ ...fits, jitter })).toThrow(/backoff\.jitter must be from 0 to 1/);
    }
  });
});
