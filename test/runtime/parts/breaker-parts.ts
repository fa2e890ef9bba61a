import { beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type * as Breaker from '../../../templates/add-circuit-breaker/circuit-breaker.ts';
import type { Load } from './consumer-parts.ts';

type CircuitBreaker = Breaker.CircuitBreaker;
type Options = Breaker.CircuitBreakerOptions;

const boom = new Error('boom');
const succeed = (): Promise<string> => Promise.resolve('ok');
const fail = (): Promise<never> => Promise.reject(boom);

/** What the tests that users get leave out of the breaker: messages, generations of probes, and times. */
export function describeBreakerParts(load: Load): void {
  describe('circuit breaker', () => {
    let CircuitBreaker: typeof Breaker.CircuitBreaker;
    let CircuitOpenError: typeof Breaker.CircuitOpenError;
    let now = 0;
    const clock = (): number => now;

    beforeAll(async () => {
      ({ CircuitBreaker, CircuitOpenError } = (await load('utils/circuit-breaker.ts')) as typeof Breaker);
    });
    beforeEach(() => {
      now = 1_000;
    });

    function createBreaker(options: Options = {}): CircuitBreaker {
      return new CircuitBreaker({ name: 'test', failureThreshold: 3, timeout: 1_000, clock, ...options });
    }

    async function failTimes(breaker: CircuitBreaker, times: number): Promise<void> {
      for (let call = 0; call < times; call += 1) {
        await expect(breaker.execute(fail)).rejects.toMatchObject({ message: 'boom' });
      }
    }

    async function openBreaker(options: Options = {}): Promise<CircuitBreaker> {
      const breaker = createBreaker(options);
      await failTimes(breaker, 3);
      return breaker;
    }

    async function halfOpenBreaker(options: Options = {}): Promise<CircuitBreaker> {
      const breaker = await openBreaker(options);
      now += 1_000;
      return breaker;
    }

    it('refuses counts that are not positive integers', () => {
      for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => new CircuitBreaker({ failureThreshold: value })).toThrow(RangeError);
        expect(() => new CircuitBreaker({ successThreshold: value })).toThrow(RangeError);
        expect(() => new CircuitBreaker({ halfOpenMaxCalls: value })).toThrow(RangeError);
      }
    });

    it('says which option is wrong, and how', () => {
      expect(() => new CircuitBreaker({ failureThreshold: 0 })).toThrow(
        /failureThreshold must be a positive integer, got 0/,
      );
      expect(() => new CircuitBreaker({ successThreshold: 1.5 })).toThrow(
        /successThreshold must be a positive integer/,
      );
      expect(() => new CircuitBreaker({ halfOpenMaxCalls: -1 })).toThrow(
        /halfOpenMaxCalls must be a positive integer/,
      );
      expect(() => new CircuitBreaker({ timeout: 0 })).toThrow(
        /timeout must be finite and above 0 milliseconds, got 0/,
      );
      expect(() => new CircuitBreaker({ monitoringPeriod: 0 })).toThrow(/monitoringPeriod must be finite/);
      expect(() => new CircuitBreaker({ probeTimeout: 0 })).toThrow(/probeTimeout must be finite/);
    });

    it('starts to count anew when the monitoring period has passed since the first failure', async () => {
      const breaker = createBreaker({ monitoringPeriod: 500 });
      await failTimes(breaker, 2);
      now += 500;
      await failTimes(breaker, 2);
      expect(breaker.getState()).toBe('CLOSED');
      expect(breaker.getStats().consecutiveFailures).toBe(2);
      now += 499;
      expect(breaker.getStats().consecutiveFailures).toBe(2);
      await failTimes(breaker, 1);
      expect(breaker.getState()).toBe('OPEN');
    });

    it('tells that a run of failures is over before the next call', async () => {
      const breaker = createBreaker({ monitoringPeriod: 500 });
      await failTimes(breaker, 2);
      now += 500;
      expect(breaker.getStats().consecutiveFailures).toBe(0);
      expect(breaker.getStats().failures).toBe(2);
    });

    it('rejects at once with an error that has no stack and says when to come back', async () => {
      const breaker = await openBreaker();
      now += 400;
      let calls = 0;
      const error = await breaker
        .execute(() => {
          calls += 1;
          return succeed();
        })
        .catch((reason: unknown) => reason);
      expect(calls).toBe(0);
      expect(error instanceof CircuitOpenError).toBe(true);
      if (error instanceof CircuitOpenError) {
        expect(error.code).toBe('CIRCUIT_OPEN');
        expect(error.retryAfterMs).toBe(600);
        expect(error.message).toContain('test');
        expect((error.stack ?? '').includes('\n')).toBe(false);
      }
      expect(breaker.getStats().rejections).toBe(1);
    });

    it('can be looked at before a call is built, which counts as a rejection when it refuses', async () => {
      const closed = createBreaker();
      expect([closed.refuseForMs(), closed.getStats().rejections]).toEqual([0, 0]);

      const breaker = await openBreaker();
      now += 400;
      expect(breaker.refuseForMs()).toBe(600);
      expect(breaker.getStats().rejections).toBe(1);
      now += 600;
      expect(breaker.refuseForMs()).toBe(0);
      breaker.tryAcquire();
      expect(breaker.refuseForMs()).toBe(1_000);
      const { totalCalls, rejections } = breaker.getStats();
      expect([totalCalls, rejections]).toEqual([4, 2]);
    });

    it('becomes HALF_OPEN at exactly the timeout, which looking at it does not change', async () => {
      const changes: Parameters<NonNullable<Breaker.CircuitBreakerOptions['onStateChange']>>[0][] = [];
      const breaker = await openBreaker({ onStateChange: (change) => changes.push(change) });
      now += 999;
      expect(breaker.getState()).toBe('OPEN');
      now += 1;
      expect(breaker.getState()).toBe('HALF_OPEN');
      expect(breaker.getStats().state).toBe('HALF_OPEN');
      expect(changes).toEqual([{ name: 'test', from: 'CLOSED', to: 'OPEN' }]);
    });

    it('stays open at least as long as the last failure asks for', async () => {
      const breaker = createBreaker({ failureThreshold: 1 });
      const busy = Object.assign(new Error('busy'), { retryAfterMs: 5_000 });
      await expect(breaker.execute(() => Promise.reject(busy))).rejects.toMatchObject({ message: 'busy' });
      now += 4_999;
      expect(breaker.getState()).toBe('OPEN');
      now += 1;
      expect(breaker.getState()).toBe('HALF_OPEN');
    });

    it('ignores a wish that is no number, or errors that are no objects', () => {
      for (const error of ['text', null, undefined, { retryAfterMs: 'soon' }, { retryAfterMs: Number.NaN }]) {
        const breaker = createBreaker({ failureThreshold: 1 });
        breaker.failure(breaker.tryAcquire(), error);
        now += 1_000;
        expect(breaker.getState()).toBe('HALF_OPEN');
      }
    });

    it('tells its times as epoch milliseconds', async () => {
      const breaker = await openBreaker();
      const { openedAt, lastFailureTime, nextAttemptAt } = breaker.getStats();
      expect(Math.abs(Date.now() - (openedAt ?? 0))).toBeLessThan(100);
      expect(lastFailureTime).toBe(openedAt);
      expect(Math.abs(Date.now() + 1_000 - (nextAttemptAt ?? 0))).toBeLessThan(100);
      now += 1_000;
      expect(breaker.getStats().nextAttemptAt).toBeUndefined();
    });

    it('lets one probe through at a time', async () => {
      const breaker = await halfOpenBreaker();
      const probe = breaker.tryAcquire();
      expect(probe).toBeGreaterThan(0);
      expect(breaker.tryAcquire()).toBe(0);
      await expect(breaker.execute(succeed)).rejects.toMatchObject({
        code: 'CIRCUIT_OPEN',
        retryAfterMs: 1_000,
      });
      breaker.success(probe);
      expect(breaker.retryAfterMs()).toBe(0);
      expect(breaker.tryAcquire()).toBeGreaterThan(0);
    });

    it('treats what is no failure, or has no weight, like a release', async () => {
      const isBoom = (error: unknown): boolean => error === boom;
      for (const options of [{ isFailure: isBoom }, { weigh: (error: unknown) => Number(isBoom(error)) }]) {
        const breaker = await halfOpenBreaker(options);
        breaker.failure(breaker.tryAcquire(), new Error('not found'));
        expect(breaker.getState()).toBe('HALF_OPEN');
        expect(breaker.tryAcquire()).toBeGreaterThan(0);
      }
    });

    it('counts successes anew after a probe has failed', async () => {
      const breaker = await halfOpenBreaker();
      await breaker.execute(succeed);
      await failTimes(breaker, 1);
      now += 1_000;
      await breaker.execute(succeed);
      expect(breaker.getState()).toBe('HALF_OPEN');
    });

    it('counts a probe that does not settle as failed, as of that moment', async () => {
      const breaker = await halfOpenBreaker({ probeTimeout: 200 });
      const lost = breaker.tryAcquire();
      now += 199;
      expect(breaker.tryAcquire()).toBe(0);
      now += 1;
      expect(breaker.getState()).toBe('OPEN');
      expect(breaker.getStats().failures).toBe(4);
      expect(breaker.getStats().consecutiveFailures).toBe(4);
      const { lastFailureTime, openedAt } = breaker.getStats();
      expect(lastFailureTime).toBe(openedAt);
      expect(breaker.retryAfterMs()).toBe(1_000);
      now += 999;
      expect(breaker.getState()).toBe('OPEN');
      now += 1;
      expect(breaker.getState()).toBe('HALF_OPEN');
      const next = breaker.tryAcquire();
      expect(next).toBeGreaterThan(0);
      breaker.success(lost);
      breaker.success(lost);
      expect(breaker.getStats().successes).toBe(0);
      expect(breaker.tryAcquire()).toBe(0);
      breaker.success(next);
      expect(breaker.getStats().successes).toBe(1);
    });

    it('does not count the late success of a lost probe', async () => {
      const breaker = await halfOpenBreaker({ probeTimeout: 200, successThreshold: 1 });
      const lost = breaker.tryAcquire();
      now += 200;
      breaker.success(lost);
      expect(breaker.getState()).toBe('OPEN');
      expect(breaker.getStats().failures).toBe(4);
    });

    it('tells a trip policy each result of a CLOSED circuit, with the duration that it asks for', async () => {
      const told: (readonly unknown[])[] = [];
      const tripPolicy = (): Breaker.TripPolicy => ({
        needsDuration: true,
        onSuccess: (durationMs) => told.push(['success', durationMs]) > 4,
        onFailure: (runWeight, durationMs) => told.push(['failure', runWeight, durationMs]) > 4,
        reset: () => told.push(['reset']),
      });
      const breaker = createBreaker({ tripPolicy, successThreshold: 1 });
      const takes = (ms: number, call: () => Promise<unknown>): Promise<unknown> =>
        breaker.execute(() => {
          now += ms;
          return call();
        });
      await takes(5, succeed);
      await expect(takes(7, fail)).rejects.toMatchObject({ message: 'boom' });
      await failTimes(breaker, 2);
      expect(breaker.getState()).toBe('CLOSED');
      await takes(9, succeed);
      expect(breaker.getState()).toBe('OPEN');
      now += 1_000;
      await breaker.execute(succeed);
      expect(breaker.getState()).toBe('CLOSED');
      expect(told).toEqual([
        ['success', 5],
        ['failure', 1, 7],
        ['failure', 2, 0],
        ['failure', 3, 0],
        ['success', 9],
        ['reset'],
      ]);
    });

    it('asks how long each opening lasts, and how many there were since the last close', async () => {
      const breaker = createBreaker({
        failureThreshold: 1,
        successThreshold: 1,
        openTime: (timeoutMs, reopenings) => timeoutMs + 100 * reopenings,
      });
      for (const openMs of [1_000, 1_100, 1_200]) {
        await failTimes(breaker, 1);
        expect(breaker.retryAfterMs()).toBe(openMs);
        now += openMs;
      }
      await breaker.execute(succeed);
      await failTimes(breaker, 1);
      expect(breaker.retryAfterMs()).toBe(1_000);
    });

    it('never has more probes in flight than it is told to, those of earlier generations included', async () => {
      const breaker = await halfOpenBreaker({ halfOpenMaxCalls: 2, probeTimeout: 5_000 });
      const slow = breaker.tryAcquire();
      breaker.failure(breaker.tryAcquire(), boom);
      now += 1_000;
      expect(breaker.getState()).toBe('HALF_OPEN');
      const second = breaker.tryAcquire();
      expect(second).toBeGreaterThan(0);
      expect(breaker.tryAcquire()).toBe(0);
      expect(breaker.retryAfterMs()).toBe(4_000);
      breaker.failure(slow, boom);
      expect(breaker.getState()).toBe('HALF_OPEN');
      expect(breaker.tryAcquire()).toBeGreaterThan(0);
    });

    it('frees the place of a probe that is lost, whatever its generation', async () => {
      const breaker = await halfOpenBreaker({ probeTimeout: 5_000 });
      breaker.tryAcquire();
      breaker.reset();
      await failTimes(breaker, 3);
      now += 4_999;
      expect(breaker.tryAcquire()).toBe(0);
      now += 1;
      expect(breaker.getState()).toBe('HALF_OPEN');
      expect(breaker.tryAcquire()).toBeGreaterThan(0);
    });

    it('ignores what began before the last change of state', async () => {
      const breaker = createBreaker({ successThreshold: 1 });
      const early = breaker.tryAcquire();
      const earlyToo = breaker.tryAcquire();
      await failTimes(breaker, 3);
      breaker.success(early);
      expect(breaker.getState()).toBe('OPEN');
      now += 1_000;
      const probe = breaker.tryAcquire();
      breaker.success(early);
      breaker.failure(earlyToo, boom);
      expect(breaker.getState()).toBe('HALF_OPEN');
      breaker.success(probe);
      expect(breaker.getState()).toBe('CLOSED');
      breaker.failure(earlyToo, boom);
      expect(breaker.getStats().consecutiveFailures).toBe(0);
    });

    it('ignores permits that it never gave', () => {
      const breaker = createBreaker();
      breaker.success(0);
      breaker.success(99);
      expect(breaker.getStats().successes).toBe(0);
    });

    it('starts from nothing after a reset, whatever is in flight', async () => {
      const breaker = createBreaker();
      await breaker.execute(succeed);
      await failTimes(breaker, 3);
      await expect(breaker.execute(succeed)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
      breaker.reset();
      const inFlight = breaker.tryAcquire();
      breaker.reset();
      breaker.failure(inFlight, boom);
      expect(breaker.getStats()).toEqual(createBreaker().getStats());
    });

    it('loses no count to an isolation', async () => {
      const breaker = await halfOpenBreaker({ probeTimeout: 200 });
      breaker.tryAcquire();
      now += 200;
      expect(breaker.getStats().failures).toBe(4);
      breaker.isolate();
      expect(breaker.getStats().failures).toBe(4);

      const run = createBreaker({ monitoringPeriod: 500 });
      await failTimes(run, 2);
      now += 500;
      run.isolate();
      expect(run.getStats().consecutiveFailures).toBe(0);
    });

    it('stays open while it is isolated, until a reset', async () => {
      const breaker = createBreaker();
      breaker.isolate();
      now += 1_000_000;
      expect(breaker.getState()).toBe('OPEN');
      expect(breaker.getStats().nextAttemptAt).toBeUndefined();
      await expect(breaker.execute(succeed)).rejects.toMatchObject({
        code: 'CIRCUIT_OPEN',
        retryAfterMs: Number.POSITIVE_INFINITY,
      });
      breaker.reset();
      expect(await breaker.execute(succeed)).toBe('ok');
    });
  });
}
