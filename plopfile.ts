import { findGenerator } from './generators/_engine/catalog.ts';
import type { Answers, Plan, Refusal } from './generators/_engine/contract.ts';
import { refuse, RefusalError } from './generators/_engine/obstacle.ts';

export { apply, type ApplyOptions } from './generators/_engine/apply.ts';
export type {
  Answers,
  Edit,
  Obstacle,
  ObstacleCode,
  Plan,
  Refusal,
  Role,
} from './generators/_engine/contract.ts';
export { listGenerators } from './generators/_engine/catalog.ts';
export { diffOf } from './generators/_engine/diff.ts';
export { registerGenerators as default } from './generators/_engine/plop.ts';

/**
 * Plans what a generator would do to the repository at `root` (absolute); reads only. Answers are the flags in
 * camelCase, and take what the flags take: `{ target: 'user', protect: ['usersRoutes'] }`. Expected obstacles, also
 * answers of another type, come back as a Refusal.
 */
export async function plan(generator: string, answers: Answers, root: string): Promise<Plan | Refusal> {
  const found = typeof generator === 'string' ? await findGenerator(generator) : undefined;
  if (found === undefined) {
    return refuse({
      code: 'E_UNKNOWN_GENERATOR',
      message: `There is no generator ${JSON.stringify(typeof generator === 'string' ? generator : typeof generator)}.`,
      remedy: 'See listGenerators() or the README for their names.',
    });
  }
  try {
    const { givenAnswers } = await import('./generators/_engine/given-answers.ts');
    const { assertRoot } = await import('./generators/_engine/root.ts');
    assertRoot(root);
    const given = givenAnswers(found.questions, answers);
    if ('obstacles' in given) return given as Refusal;
    // The parser takes a third of a second to load, and plop loads this file for its menu already.
    const { makePlan } = await import('./generators/_engine/run.ts');
    const { assertUninterrupted } = await import('./generators/_engine/interrupted.ts');
    assertUninterrupted(root);
    const planned = await makePlan({ id: generator, generator: found, given, root });
    return 'obstacles' in planned ? planned : planned.plan;
  } catch (error) {
    if (error instanceof RefusalError) return refuse(...error.obstacles);
    throw error;
  }
}
