import { knownAnswers } from '../generator/answers.ts';
import { findGenerator } from '../generator/registry.ts';
import type { Answers, RunAnswers } from '../model/generator.ts';
import { type Obstacle, type Refusal, RefusalError } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { Plan } from '../model/plan.ts';
import type { Repo } from '../model/repo.ts';
import { recordPath } from '../repo/record-text.ts';
import type { S2sRecord } from '../record/s2s-record.ts';
import { makePlan } from './run.ts';
import type { OnConflict } from './resolve-existing.ts';

/** Flags of the run that looks at recorded ones. */
export type HowToRun = Pick<RunAnswers, 'force' | 'format' | 'dryRun'>;

/** A recorded run that is planned once more, with the answers of then and the templates and facts of now. */
export interface Replayed {
  readonly generator: string;
  readonly services: readonly RelPath[];
  readonly plan: Plan | Refusal;
}

/** One run as it is recorded: the services that were given the same answers together. */
export type RecordedCall = Readonly<{ generator: string; services: readonly RelPath[]; answers: Answers }>;

/** The recorded runs; `services` picks those of some, undefined means all. */
export function recordedCalls(record: S2sRecord, services?: readonly string[]): readonly RecordedCall[] {
  const calls = new Map<string, RecordedCall>();
  for (const [service, runs] of Object.entries(record.services)) {
    if (services?.includes(service) === false) continue;
    for (const [generator, { answers }] of Object.entries(runs)) {
      const key = JSON.stringify([generator, answers]);
      const before = calls.get(key)?.services ?? [];
      calls.set(key, { generator, services: [...before, service as RelPath], answers });
    }
  }
  return [...calls.values()];
}

/**
 * Plans a recorded run on `repo`; undefined when today's pack has no such generator. Its answers are held against the
 * questions as flags are. @throws RefusalError E_RECORD when it is no run that is ever recorded
 */
export async function replay(
  { generator: id, services, answers }: RecordedCall,
  repo: Repo,
  onConflict: OnConflict,
  given: HowToRun = {},
): Promise<Replayed | undefined> {
  const generator = await findGenerator(id);
  if (generator === undefined) return undefined;
  if (generator.target === 'recorded') throw new RefusalError(notReplayed(id));
  const recorded = knownAnswers(generator.questions, answers);
  // Who asked for the replay looks at the whole of it: also at what is not committed yet.
  const all = { ...recorded, ...given, target: services, allowDirty: true };
  const planned = await makePlan({ id, generator, given: all, root: repo.root, onConflict }, repo);
  return { generator: id, services, plan: 'obstacles' in planned ? asRecorded(planned) : planned.plan };
}

/** Nobody has given these flags: they stand in the record. */
function asRecorded({ obstacles: [first, ...more] }: Refusal): Refusal {
  const told = (one: Obstacle): Obstacle =>
    one.code === 'E_INVALID_FLAG'
      ? {
          ...one,
          code: 'E_RECORD',
          at: { path: recordPath },
          remedy: `This answer is recorded. ${one.remedy}`,
        }
      : one;
  return { ok: false, obstacles: [told(first), ...more.map(told)] };
}

function notReplayed(id: string): Obstacle {
  return {
    code: 'E_RECORD',
    at: { path: recordPath },
    message: `${recordPath} says that ${id} was run, but runs of it are never recorded.`,
    remedy: 'Restore it from version control.',
  };
}
