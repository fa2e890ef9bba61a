import type {
  CircuitBreaker,
  CircuitState,
  CircuitStats,
} from '../../templates/add-circuit-breaker/circuit-breaker.ts';

export interface Limits {
  readonly halfOpenMaxCalls: number;
  readonly probeTimeout: number;
}

interface InFlight {
  readonly permit: number;
  readonly startedAt: number;
  readonly isProbe: boolean;
  /** State changes and resets that had been seen when it began. */
  readonly generation: number;
}

type Settlement = 'success' | 'failure' | 'release';

/** Drives one breaker by a fake clock and keeps its own account of what is in flight; throws at the first untruth. */
export class BreakerSchedule {
  now = 0;
  readonly #limits: Limits;
  #breaker: CircuitBreaker | undefined;
  #inFlight: InFlight[] = [];
  /** Probes that have neither settled nor been lost, whatever became of the state since. */
  #probes: InFlight[] = [];
  #generation = 0;
  #state: CircuitState = 'CLOSED';

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** To be given to the breaker. */
  readonly onStateChange = ({ from, to }: { from: CircuitState; to: CircuitState }): void => {
    assert(from === this.#state && to !== from, `a change from ${from}, but the state was ${this.#state}`);
    this.#state = to;
    this.#generation += 1;
    throw new Error('an observer that fails');
  };

  drive(breaker: CircuitBreaker): void {
    this.#breaker = breaker;
  }

  acquire(): void {
    const state = this.#look().state;
    this.#forgetLost();
    const isFree = this.#probes.length < this.#limits.halfOpenMaxCalls;
    const permit = this.#subject.tryAcquire();
    const isAllowed = state === 'CLOSED' || (state === 'HALF_OPEN' && isFree);
    assert(permit > 0 === isAllowed, `a permit of ${String(permit)} in ${state}`);
    if (permit === 0) return;
    const isProbe = state === 'HALF_OPEN';
    const call = { permit, startedAt: this.now, isProbe, generation: this.#generation };
    this.#inFlight.push(call);
    if (isProbe) this.#probes.push(call);
    assert(this.#probes.length <= this.#limits.halfOpenMaxCalls, 'more probes than allowed');
  }

  settle(choice: number, how: Settlement, error: unknown): void {
    const call = this.#inFlight[choice % Math.max(1, this.#inFlight.length)];
    if (call === undefined) return;
    const isStale = this.#isStale(call);
    const before = this.#look();
    if (how === 'success') this.#subject.success(call.permit, 5);
    else if (how === 'failure') this.#subject.failure(call.permit, error, 5);
    else this.#subject.release(call.permit);
    this.#inFlight = this.#inFlight.filter((other) => other !== call);
    this.#probes = this.#probes.filter((other) => other !== call);
    const after = this.#look();
    if (isStale) assert(same(before, after), `a stale ${how} had an effect`);
    if (how === 'release') assert(same(before, after), 'a release had an effect');
  }

  /** The call never settles. */
  hang(choice: number): void {
    this.#inFlight.splice(choice % Math.max(1, this.#inFlight.length), 1);
  }

  reset(): void {
    this.#subject.reset();
    this.#generation += 1;
    const { state, ...counts } = this.#look();
    assert(state === 'CLOSED', 'a reset does not close');
    assert(
      Object.values(counts).every((value) => value === 0),
      'a reset leaves a count',
    );
  }

  isolate(): void {
    this.#subject.isolate();
    this.#generation += 1;
    assert(this.#look().state === 'OPEN', 'isolation does not open');
  }

  /** Whatever was before: without isolation, time and healthy calls alone lead back to CLOSED. */
  assertRecovers(longestMs: number, successThreshold: number): void {
    this.now += longestMs;
    assert(this.#look().state !== 'OPEN', 'OPEN has no exit');
    // A probe that was under way is lost only now: its failure is allowed one more round.
    for (let round = 0; round < 2 && this.#look().state !== 'CLOSED'; round += 1) {
      for (let call = 0; call < successThreshold && this.#look().state === 'HALF_OPEN'; call += 1) {
        const permit = this.#subject.tryAcquire();
        assert(permit > 0, 'no probe is let through');
        this.#subject.success(permit, 0);
      }
      if (this.#look().state === 'OPEN') this.now += longestMs;
    }
    assert(this.#look().state === 'CLOSED', 'HALF_OPEN has no exit');
  }

  get #subject(): CircuitBreaker {
    if (this.#breaker === undefined) throw new Error('drive() was not called');
    return this.#breaker;
  }

  /** Of an earlier generation; a lost probe ends its generation before anyone notices. */
  #isStale(call: InFlight): boolean {
    const isLost = (other: InFlight): boolean => this.now >= other.startedAt + this.#limits.probeTimeout;
    const endedByLoss = this.#probes.some((other) => other.generation === call.generation && isLost(other));
    return call.generation !== this.#generation || (call.isProbe && endedByLoss);
  }

  #forgetLost(): void {
    this.#probes = this.#probes.filter(({ startedAt }) => this.now < startedAt + this.#limits.probeTimeout);
  }

  /** Looking twice must tell the same and change nothing. */
  #look(): Counted {
    const first = counted(this.#subject.getStats());
    assert(first.state === this.#subject.getState(), 'getState and getStats differ');
    assert(same(first, counted(this.#subject.getStats())), 'looking has an effect');
    return first;
  }
}

type Counted = Pick<
  CircuitStats,
  | 'state'
  | 'failures'
  | 'successes'
  | 'rejections'
  | 'totalCalls'
  | 'consecutiveFailures'
  | 'consecutiveSuccesses'
>;

/** Without the times, which are told by the wall clock. */
function counted(stats: CircuitStats): Counted {
  const { state, failures, successes, rejections, totalCalls, consecutiveFailures, consecutiveSuccesses } =
    stats;
  return { state, failures, successes, rejections, totalCalls, consecutiveFailures, consecutiveSuccesses };
}

function same(one: Counted, other: Counted): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function assert(truth: boolean, untruth: string): void {
  if (!truth) throw new Error(untruth);
}
