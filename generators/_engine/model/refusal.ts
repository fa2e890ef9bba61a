import type { Obstacle } from './obstacle.ts';

export type Refusal = Readonly<{ ok: false; obstacles: readonly [Obstacle, ...Obstacle[]] }>;

/** Thrown where a value cannot be returned (deep in a read); the corridor turns it into a Refusal. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError';
  readonly obstacles: readonly [Obstacle, ...Obstacle[]];

  constructor(first: Obstacle, ...more: readonly Obstacle[]) {
    super([first, ...more].map((obstacle) => obstacle.message).join('\n'));
    this.obstacles = [first, ...more];
  }
}

export function refuse(first: Obstacle, ...more: readonly Obstacle[]): Refusal {
  return { ok: false, obstacles: [first, ...more] };
}

/** Tells an Obstacle from the other values that an `ensure*` or `find*` returns. */
export function isObstacle(value: unknown): value is Obstacle {
  return typeof value === 'object' && value !== null && 'code' in value && 'remedy' in value;
}
