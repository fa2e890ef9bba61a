/** One of several that do the same work. */
export interface Contender {
  readonly name: string;
  /** Does one round; gives what it cost, in the unit of the bench. */
  readonly round: () => number | Promise<number>;
}

const warmUps = 2;

/** Runs every contender `count` times, in a new random order each round, after rounds that do not count. */
export async function interleave(
  contenders: readonly Contender[],
  count: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const costs = new Map(contenders.map(({ name }): [string, number[]] => [name, []]));
  for (let round = -warmUps; round < count; round += 1) {
    for (const { name, round: run } of shuffled(contenders)) {
      globalThis.gc?.();
      const cost = await run();
      if (round >= 0) costs.get(name)?.push(cost);
    }
  }
  return costs;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** Median of the ratios round by round: what drifts with the machine cancels out. */
export function pairedRatio(one: readonly number[], other: readonly number[]): number {
  return median(one.map((value, round) => value / (other[round] ?? NaN)));
}

/** Nanoseconds for each of `times` runs of an async function, one after another; what it rejects with is caught. */
export async function timeEach(times: number, work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  for (let time = 0; time < times; time += 1) {
    try {
      await work();
    } catch {
      // A refusal is a result: catching it is part of what it costs.
    }
  }
  return Number(process.hrtime.bigint() - start) / times;
}

function shuffled<T>(values: readonly T[]): readonly T[] {
  return values
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
