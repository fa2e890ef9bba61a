import { findGenerator } from '../generator/registry.ts';
import type { Answers, Generator } from '../model/generator.ts';
import { RefusalError } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { S2sRecord } from '../record/s2s-record.ts';
import { recordPathIn } from '../repo/record-text.ts';

/** One run as it is recorded, for the services that were given the same answers together. */
export interface RecordedCall {
  readonly id: string;
  readonly version: string;
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
    for (const [id, { answers, version }] of Object.entries(runs)) {
      const generator = await findGenerator(id);
      if (generator?.target === 'recorded') throw notReplayed(id, service as RelPath);
      const key = JSON.stringify([id, version, answers]);
      const before = calls.get(key)?.services ?? [];
      calls.set(key, { id, version, generator, services: [...before, service as RelPath], answers });
    }
  }
  return [...calls.values()];
}

function notReplayed(id: string, service: RelPath): RefusalError {
  const path = recordPathIn(service);
  return new RefusalError({
    code: 'E_RECORD',
    at: { path },
    message: `${path} says that ${id} was run, but runs of it are never recorded.`,
    remedy: 'Restore it from version control.',
  });
}
