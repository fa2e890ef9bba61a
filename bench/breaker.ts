import { CircuitBreaker } from '../templates/add-circuit-breaker/circuit-breaker.ts';
import { failureRate } from '../templates/add-circuit-breaker/outcome-window.ts';
import { breakersAround, fail, refusingBreakers, succeed, type Calls } from './breakers.ts';
import { type Contender, interleave, median, pairedRatio, timeEach } from './rounds.ts';
import { type Goal, ratioGoal, type Section } from './section.ts';

const rounds = 25;
const never = 1_000_000_000;
const broken = new Error('broken');

type Costs = (name: string) => number;

/** What a call through a breaker costs over the bare call, in nanoseconds, and what a refused one costs. */
export async function benchBreaker(): Promise<Section> {
  const success = await overheads(breakersAround(succeed), 40_000);
  const failure = await overheads(breakersAround(fail), 1_000);
  const reject = await costsOf(refusingBreakers(succeed), 20_000);
  const flatness = await benchFlatness();
  const names = Object.keys(breakersAround(succeed));
  const ns = (value: number): string => (Number.isNaN(value) ? '' : value.toFixed(0));
  return {
    title: 'Circuit breaker',
    intro:
      'Nanoseconds a call, median of ' +
      `${String(rounds)} interleaved rounds. CLOSED: over the bare \`await\` of an async function; ` +
      'OPEN: the whole refused call, catch included. The bare `.then` is the floor of any breaker, with a clock read ' +
      'that of any time window.',
    head: ['breaker', 'CLOSED success', 'CLOSED failure', 'OPEN reject'],
    rows: names.map((name) => [name, ns(success(name)), ns(failure(name)), ns(reject(name))]),
    goals: [
      atLeast('success: opossum default / ours', success, 'opossum, default', ours, 15),
      atLeast('success: cockatiel / ours', success, 'cockatiel Consecutive', ours, 3),
      atLeast('success: cockatiel Sampling / our time window', success, sampling, oursWindow, 2),
      ratioGoal('failure with 20,000 calls in the window / with 100', flatness, { most: 1.1 }),
      atLeast('reject: opossum / ours', reject, 'opossum, default', ours, 2.6),
      atLeast('reject: cockatiel / ours', reject, 'cockatiel Consecutive', ours, 2.6),
    ],
  };
}

const ours = 'ours, failures in a row';
const oursWindow = 'ours, time window of 10 s';
const sampling = 'cockatiel Sampling 10 s';

function atLeast(what: string, costs: Costs, peer: string, own: string, least: number): Goal {
  return ratioGoal(what, costs(peer) / costs(own), { least });
}

/** Median of what each costs above the bare call of the same round. */
async function overheads(calls: Calls, times: number): Promise<Costs> {
  const costs = await interleave(contenders(calls, times), rounds);
  const bare = costs.get('bare') ?? [];
  return (name) => median((costs.get(name) ?? []).map((cost, round) => cost - (bare[round] ?? NaN)));
}

async function costsOf(calls: Calls, times: number): Promise<Costs> {
  const costs = await interleave(contenders(calls, times), rounds);
  return (name) => median(costs.get(name) ?? []);
}

function contenders(calls: Calls, times: number): readonly Contender[] {
  return Object.entries(calls).map(([name, call]) => ({ name, round: () => timeEach(times, call) }));
}

/** A failure with 20,000 calls in the window over one with 100. */
async function benchFlatness(): Promise<number> {
  const filled = (calls: number): (() => number) => {
    const tripPolicy = failureRate({
      type: 'time',
      durationMs: 600_000,
      failureRateThreshold: 1,
      minimumCalls: never,
    });
    return () => {
      const breaker = new CircuitBreaker({ tripPolicy });
      for (let call = 0; call < calls; call += 1) breaker.success(breaker.tryAcquire(), 1);
      const start = process.hrtime.bigint();
      for (let call = 0; call < 5_000; call += 1) breaker.failure(breaker.tryAcquire(), broken, 1);
      return Number(process.hrtime.bigint() - start);
    };
  };
  const both = [
    { name: '100', round: filled(100) },
    { name: '20000', round: filled(20_000) },
  ];
  const costs = await interleave(both, rounds);
  return pairedRatio(costs.get('20000') ?? [], costs.get('100') ?? []);
}
