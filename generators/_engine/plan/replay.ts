import { knownAnswers } from '../generator/answers.ts';
import type { Answers, RunAnswers } from '../model/generator.ts';
import { assertNone, type Obstacle, obstaclesOf } from '../model/obstacle.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import type { Plan } from '../model/plan.ts';
import type { Repo } from '../model/repo.ts';
import { recordPathIn } from '../repo/record-text.ts';
import type { RecordedCall } from './recorded-calls.ts';
import { makePlan } from './run.ts';
import type { OnConflict } from './resolve-existing.ts';

/** Flags of the run that looks at recorded ones, and answers that are about one run. */
export type HowToRun = Pick<RunAnswers, 'force' | 'format' | 'dryRun' | 'shared'>;

/**
 * Plans a recorded run once more on `repo`, with the recorded answers and the templates and facts of now; undefined when
 * today's pack has no such generator. @throws RefusalError, E_RECORD for an answer that no flag could have given
 */
export async function replay(
  { id, generator, services, answers }: RecordedCall,
  repo: Repo,
  onConflict: OnConflict,
  given: HowToRun & Answers,
): Promise<Plan | undefined> {
  if (generator === undefined) return undefined;
  const recorded = knownAnswers(generator.questions, answers);
  // Who asked for the replay looks at the whole of it: also at what is not committed yet.
  const all = { ...recorded, ...given, target: services, allowDirty: true };
  try {
    return (await makePlan({ id, generator, given: all, root: repo.root, onConflict }, repo)).plan;
  } catch (error) {
    assertNone(obstaclesOf(error).map((one) => asRecorded(one, services)));
    throw error;
  }
}

/** Nobody has given these flags: they stand in the record. */
function asRecorded(obstacle: Obstacle, [service = toRel('')]: readonly RelPath[]): Obstacle {
  if (obstacle.code !== 'E_INVALID_FLAG') return obstacle;
  const remedy = `This answer is recorded. ${obstacle.remedy}`;
  return { ...obstacle, code: 'E_RECORD', at: { path: recordPathIn(service) }, remedy };
}
