import fc from 'fast-check';
import { expect, inject, it } from 'vitest';

import { CircuitBreaker } from '../../templates/add-circuit-breaker/circuit-breaker.ts';
import { BreakerModel } from './breaker-model.ts';

/** Sequences of up to 60 commands each. */
const numRuns = process.env['S2S_DEEP'] === '1' ? 200_000 : 100_000;

/** One number is one command: shrinking needs no more, and 100,000 sequences take seconds. */
const commands = fc.array(fc.nat({ max: 999 }), { maxLength: 60, size: 'max' });
const options = fc.record({
  failureThreshold: fc.integer({ min: 1, max: 3 }),
  successThreshold: fc.integer({ min: 1, max: 3 }),
  timeout: fc.integer({ min: 1, max: 40 }),
  monitoringPeriod: fc.integer({ min: 1, max: 80 }),
  halfOpenMaxCalls: fc.integer({ min: 1, max: 3 }),
  probeTimeout: fc.integer({ min: 1, max: 60 }),
});

type Options = typeof options extends fc.Arbitrary<infer Value> ? Value : never;

class Comparison {
  now = 0;
  readonly #model: BreakerModel;
  readonly #breaker: CircuitBreaker;
  readonly #inFlight: {
    readonly permit: number;
    readonly call: ReturnType<BreakerModel['acquire']> & object;
  }[] = [];

  constructor(chosen: Options) {
    this.#model = new BreakerModel(chosen);
    this.#breaker = new CircuitBreaker({ ...chosen, clock: () => this.now });
  }

  run(command: number): void {
    const [what, which] = [Math.trunc(command / 50), command % 50];
    if (what < 6) this.#acquire();
    else if (what < 7) this.#lookFirst();
    else if (what < 10) this.#settle(which, 'success');
    else if (what < 14) this.#settle(which, 'failure');
    else if (what < 15) this.#settle(which, 'release');
    else if (what < 18) this.now += which;
    else if (which < 10) this.now += which * 1e9;
    else if (which < 30) this.#reset();
    else this.#isolate();
  }

  /** Everything that can be seen of both. */
  views(): readonly [object, object] {
    this.#model.look(this.now);
    const { state, failures, successes, rejections, totalCalls, consecutiveFailures, consecutiveSuccesses } =
      this.#breaker.getStats();
    const seen = {
      state,
      failures,
      successes,
      rejections,
      totalCalls,
      consecutiveFailures,
      consecutiveSuccesses,
    };
    const { state: expected, ...counts } = this.#model;
    return [seen, { state: expected, ...counts }];
  }

  #acquire(): void {
    const permit = this.#breaker.tryAcquire();
    const call = this.#model.acquire(this.now);
    if (permit > 0 !== (call !== undefined)) throw new Error(`a permit of ${String(permit)}`);
    if (call !== undefined) this.#inFlight.push({ permit, call });
  }

  /** Refuses by the same rule as an acquisition, and counts it; a call that would be let through is not made. */
  #lookFirst(): void {
    const waitMs = this.#breaker.refuseForMs();
    const refused = this.#model.refuse(this.now);
    if (waitMs > 0 !== refused) throw new Error(`refuses for ${String(waitMs)} ms`);
  }

  #settle(which: number, how: 'success' | 'failure' | 'release'): void {
    const [settled] = this.#inFlight.splice(which % Math.max(1, this.#inFlight.length), 1);
    if (settled === undefined) return;
    const { permit, call } = settled;
    const retryAfterMs = which % 7 === 0 ? which * 3 : 0;
    if (how === 'success') {
      this.#breaker.success(permit);
      this.#model.success(call, this.now);
    } else if (how === 'failure') {
      this.#breaker.failure(permit, { retryAfterMs });
      this.#model.failure(call, this.now, retryAfterMs);
    } else {
      this.#breaker.release(permit);
      this.#model.release(call, this.now);
    }
  }

  #reset(): void {
    this.#breaker.reset();
    this.#model.reset();
  }

  #isolate(): void {
    this.#breaker.isolate();
    this.#model.isolate();
  }
}

it('does what a plain reference model does, whatever comes in whatever order', { timeout: 300_000 }, () => {
  const property = fc.property(options, commands, (chosen, sequence) => {
    const both = new Comparison(chosen);
    for (const command of sequence) {
      both.run(command);
      const [seen, expected] = both.views();
      if (JSON.stringify(seen) !== JSON.stringify(expected)) {
        throw new Error(`${JSON.stringify(seen)} instead of ${JSON.stringify(expected)}`);
      }
    }
  });
  const { failed, errorInstance, counterexample } = fc.check(property, { numRuns, seed: inject('seed') });
  expect(failed, `${String(errorInstance)} after ${JSON.stringify(counterexample)}`).toBe(false);
});
