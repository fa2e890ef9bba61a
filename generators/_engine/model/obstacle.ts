/** Codes that end with exit code 2 (usage); every other one ends with 3 (the repo does not allow it). */
export type UsageCode =
  'E_USAGE' | 'E_UNKNOWN_FLAG' | 'E_MISSING_FLAG' | 'E_INVALID_FLAG' | 'E_UNKNOWN_GENERATOR';

export type ObstacleCode =
  | UsageCode
  | 'E_NO_FASTIFY'
  | 'E_NO_SUCH_SERVICE'
  | 'E_AMBIGUOUS_TARGET'
  | 'E_NO_AUTH_SERVICE'
  | 'E_AMBIGUOUS_AUTH'
  | 'E_SYNTAX'
  | 'E_JAVASCRIPT_ONLY'
  | 'E_UNSUPPORTED_FRAMEWORK'
  | 'E_NO_INSTANCE'
  | 'E_AMBIGUOUS_INSTANCE'
  | 'E_NO_REGISTRATION_PLACE'
  | 'E_ROUTE_EXISTS'
  | 'E_ROUTE_GUARDED'
  | 'E_NO_VERIFY_KEY'
  | 'E_TOKEN_POLICY'
  | 'E_DECORATOR_TAKEN'
  | 'E_OLD_DEPENDENCY'
  | 'E_RATE_LIMITED'
  | 'E_REDIS_CLUSTER'
  | 'E_MISSING_PART'
  | 'E_NO_SUCH_PLUGIN'
  | 'E_NOT_ENCAPSULATED'
  | 'E_FILE_EXISTS'
  | 'E_FILE_EDITED'
  | 'E_FILE_CHANGED'
  | 'E_IN_USE'
  | 'E_DIRTY'
  | 'E_GIT'
  | 'E_NOT_UTF8'
  | 'E_MERGE_MARKERS'
  | 'E_MANIFEST'
  | 'E_TOO_COMPLEX'
  | 'E_PATH'
  | 'E_PROOF'
  | 'E_CHECK'
  | 'E_RECORD'
  | 'E_WRITE'
  | 'E_LOCKED'
  | 'E_NODE_VERSION';

/** 1-based line; `frame` is the code around it, ready to print. */
export type Place = Readonly<{ path: string; line?: number; frame?: string }>;

/** One reason why not. `remedy` says what to do about it; `manual` holds the exact steps by hand. */
export type Obstacle = Readonly<{
  code: ObstacleCode;
  at?: Place;
  message: string;
  remedy: string;
  manual?: string;
}>;

/** What a run returns instead of a plan: every obstacle, and nothing is written. */
export type Refusal = Readonly<{ ok: false; obstacles: readonly [Obstacle, ...Obstacle[]] }>;

/** The expected failure, with every obstacle: thrown anywhere below a run, caught where the run ends. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError';
  readonly obstacles: Refusal['obstacles'];

  constructor(first: Obstacle, ...more: readonly Obstacle[]) {
    super([first, ...more].map((obstacle) => obstacle.message).join('\n'));
    this.obstacles = [first, ...more];
  }
}

/** @throws RefusalError with all obstacles, when there are any */
export function assertNone(obstacles: readonly Obstacle[]): void {
  const [first, ...more] = obstacles;
  if (first !== undefined) throw new RefusalError(first, ...more);
}

/** The obstacles of an expected failure. @throws the error itself when it is unexpected */
export function obstaclesOf(error: unknown): Refusal['obstacles'] {
  if (error instanceof RefusalError) return error.obstacles;
  throw error;
}

/** Undefined for an expected failure. @throws the error itself when it is unexpected */
export function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof RefusalError)) throw error;
}

/** The result of a step; undefined when it refuses. */
export function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    ignoreRefusal(error);
    return undefined;
  }
}

/** Runs every step and returns the results. @throws RefusalError with the obstacles of all steps that refuse */
export function runAll<T extends readonly unknown[]>(
  ...steps: { readonly [Index in keyof T]: () => T[Index] }
): T {
  const obstacles: Obstacle[] = [];
  const results = steps.map((step) => {
    try {
      return step();
    } catch (error) {
      obstacles.push(...obstaclesOf(error));
      return undefined;
    }
  });
  assertNone(obstacles);
  return results as unknown as T;
}
