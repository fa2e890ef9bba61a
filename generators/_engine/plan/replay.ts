import { knownAnswers } from '../generator/answers.ts';
import { findGenerator } from '../generator/registry.ts';
import type { Answers, Generator, RunAnswers } from '../model/generator.ts';
import { assertNone, type Obstacle, obstaclesOf, RefusalError } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { Plan } from '../model/plan.ts';
import type { Repo } from '../model/repo.ts';
import { recordPath } from '../repo/record-text.ts';
import type { S2sRecord } from '../record/s2s-record.ts';
import { makePlan } from './run.ts';
import type { OnConflict } from './resolve-existing.ts';

/** Flags of the run that looks at recorded ones. */
export type HowToRun = Pick<RunAnswers, 'force' | 'format' | 'dryRun'>;

/** One run as it is recorded, for the services that were given the same answers together. */
export interface RecordedCall {
  readonly id: string;
  /** Undefined when today's pack has no such generator. */
  readonly generator: Generator | undefined;
  readonly services: readonly RelPath[];
  readonly answers: Answers;
}

/**
 * The recorded runs; `services` picks those of some, undefined means all.
 * @throws RefusalError E_RECORD when one of them is never recorded
 */
export async function recordedCalls(
  record: S2sRecord,
  services?: readonly string[],
): Promise<readonly RecordedCall[]> {
  const calls = new Map<string, RecordedCall>();
  for (const [service, runs] of Object.entries(record.services)) {
    if (services?.includes(service) === false) continue;
    for (const [id, { answers }] of Object.entries(runs)) {
      const generator = await findGenerator(id);
      if (generator?.target === 'recorded') throw new RefusalError(notReplayed(id));
      const key = JSON.stringify([id, answers]);
      const before = calls.get(key)?.services ?? [];
      calls.set(key, { id, generator, services: [...before, service as RelPath], answers });
    }
  }
  return [...calls.values()];
}

/**
 * Plans a recorded run once more on `repo`, with the recorded answers and the templates and facts of now; undefined when
 * today's pack has no such generator. @throws RefusalError, E_RECORD for an answer that no flag could have given
 */
export async function replay(
  { id, generator, services, answers }: RecordedCall,
  repo: Repo,
  onConflict: OnConflict,
  given: HowToRun = {},
): Promise<Plan | undefined> {
  if (generator === undefined) return undefined;
  const recorded = knownAnswers(generator.questions, answers);
  // Who asked for the replay looks at the whole of it: also at what is not committed yet.
  const all = { ...recorded, ...given, target: services, allowDirty: true };
  try {
    return (await makePlan({ id, generator, given: all, root: repo.root, onConflict }, repo)).plan;
  } catch (error) {
    assertNone(obstaclesOf(error).map(asRecorded));
    throw error;
  }
}

/** Nobody has given these flags: they stand in the record. */
function asRecorded(obstacle: Obstacle): Obstacle {
  if (obstacle.code !== 'E_INVALID_FLAG') return obstacle;
  const remedy = `This answer is recorded. ${obstacle.remedy}`;
  return { ...obstacle, code: 'E_RECORD', at: { path: recordPath }, remedy };
}

function notReplayed(id: string): Obstacle {
  return {
    code: 'E_RECORD',
    at: { path: recordPath },
    message: `${recordPath} says that ${id} was run, but runs of it are never recorded.`,
    remedy: 'Restore it from version control.',
  };
}
