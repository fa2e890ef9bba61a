import { findGenerator } from './generators/_engine/generator/registry.ts';
import type { Answers } from './generators/_engine/model/generator.ts';
import type { Plan } from './generators/_engine/model/plan.ts';
import { obstaclesOf, type Refusal, RefusalError } from './generators/_engine/model/obstacle.ts';

export { apply, type ApplyOptions } from './generators/_engine/apply/apply.ts';
export type { Edit } from './generators/_engine/model/plan.ts';
export type { Answers } from './generators/_engine/model/generator.ts';
export type { Obstacle, ObstacleCode } from './generators/_engine/model/obstacle.ts';
export type { Plan } from './generators/_engine/model/plan.ts';
export type { Refusal } from './generators/_engine/model/obstacle.ts';
export type { Role } from './generators/_engine/model/roles.ts';
export { listGenerators } from './generators/_engine/generator/registry.ts';
export { diffOf } from './generators/_engine/plan/diff.ts';
export { registerGenerators as default } from './generators/_engine/cli/plop.ts';

/**
 * Plans what a generator would do to the repository at `root` (absolute); reads only. Answers are the flags in
 * camelCase, and take what the flags take: `{ target: 'user', protect: ['usersRoutes'] }`. Expected obstacles, also
 * answers of another type, come back as a Refusal.
 */
export async function plan(generator: string, answers: Answers, root: string): Promise<Plan | Refusal> {
  try {
    const found = typeof generator === 'string' ? await findGenerator(generator) : undefined;
    if (found === undefined) {
      throw new RefusalError({
        code: 'E_UNKNOWN_GENERATOR',
        message: `There is no generator ${JSON.stringify(typeof generator === 'string' ? generator : typeof generator)}.`,
        remedy: 'See listGenerators() or the README for their names.',
      });
    }
    const { givenAnswers } = await import('./generators/_engine/generator/answers.ts');
    const { assertRoot } = await import('./generators/_engine/repo/disk.ts');
    assertRoot(root);
    const given = givenAnswers(found.questions, answers);
    // The parser takes a third of a second to load, and plop loads this file for its menu already.
    const { makePlan } = await import('./generators/_engine/plan/run.ts');
    const { assertUninterrupted } = await import('./generators/_engine/apply/recover.ts');
    assertUninterrupted(root);
    return (await makePlan({ id: generator, generator: found, given, root })).plan;
  } catch (error) {
    return { ok: false, obstacles: obstaclesOf(error) };
  }
}
