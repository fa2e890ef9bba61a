/** A step of the story went otherwise than told: the demo ends with exit code 1. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
}

/** @throws StepFailure with `message` when `condition` is false. */
export function assertStep(condition: boolean, message: string): asserts condition {
  if (!condition) throw new StepFailure(message);
}
