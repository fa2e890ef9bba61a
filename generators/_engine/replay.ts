import { findGenerator } from './catalog.ts';
import type { Answers, Plan, Refusal, RelPath, Repo } from './contract.ts';
import type { S2sRecord } from './record.ts';
import { makePlan } from './run.ts';
import type { Meeting } from './settle.ts';

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

/** Plans a recorded run on `repo`; undefined when today's pack has no such generator. */
export async function replay(
  { generator: id, services, answers }: RecordedCall,
  repo: Repo,
  meeting: Meeting,
  given: Answers = {},
): Promise<Replayed | undefined> {
  const generator = await findGenerator(id);
  if (generator === undefined) return undefined;
  // Who asked for the replay looks at the whole of it: also at what is not committed yet.
  const all = { ...answers, ...given, target: services, allowDirty: true };
  const planned = await makePlan({ id, generator, given: all, root: repo.root, meeting }, repo);
  return { generator: id, services, plan: 'obstacles' in planned ? planned : planned.plan };
}
