import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { RecordedFile, RecordedPatch, S2sRecord } from '../_engine/record/s2s-record.ts';

/** What is to be taken back of one file: all of it, or some of its patches. */
export interface Selected {
  readonly path: RelPath;
  readonly file: RecordedFile;
  /** The file is ours from the first line to the last, and so is the generator that made it among those named. */
  readonly whole: boolean;
  /** Oldest first. */
  readonly patches: readonly RecordedPatch[];
}

/** What was asked for: services by their folder, generators by their name; undefined for all. */
export interface Wanted {
  readonly services: readonly string[] | undefined;
  readonly generators: readonly string[] | undefined;
}

export function wantedFrom(answers: {
  readonly targets: readonly string[];
  readonly generator: readonly string[] | undefined;
}): Wanted {
  const orAll = (list: readonly string[] = []): readonly string[] | undefined =>
    list.length === 0 ? undefined : list;
  return { services: orAll(answers.targets), generators: orAll(answers.generator) };
}

/** The recorded files that belong to what was asked for, and the record without them. */
export function selectRecorded(record: S2sRecord, wanted: Wanted): readonly Selected[] {
  const isWanted = (generator: string): boolean => wanted.generators?.includes(generator) !== false;
  return Object.entries(record.files)
    .filter(([path]) => isBelow(record, path, wanted))
    .map(([path, file]): Selected => {
      const patches = (file.patches ?? []).filter(({ generator }) => isWanted(generator));
      const whole = file.text !== undefined && isWanted(file.generator);
      return { path: path as RelPath, file, whole, patches };
    })
    .filter(({ whole, patches }) => whole || patches.length > 0);
}

/** The runs that stay recorded. */
export function remainingServices(record: S2sRecord, wanted: Wanted): S2sRecord['services'] {
  const remaining = Object.entries(record.services).map(([service, runs]) => {
    const kept = Object.entries(runs).filter(([generator]) => !isTaken(wanted, service, generator));
    return [service, Object.fromEntries(kept)] as const;
  });
  return Object.fromEntries(remaining.filter(([, runs]) => Object.keys(runs).length > 0));
}

/** One obstacle when a generator was named that the record does not know. */
export function unknownGenerators(record: S2sRecord, { generators }: Wanted): readonly Obstacle[] {
  const known = new Set(Object.values(record.services).flatMap((runs) => Object.keys(runs)));
  const unknown = generators?.filter((generator) => !known.has(generator)) ?? [];
  if (unknown.length === 0) return [];
  const remedy =
    known.size === 0 ? 'Nothing is recorded at all.' : `Recorded are ${[...known].sort().join(', ')}.`;
  const message = `Nothing of ${unknown.join(', ')} is recorded here.`;
  return [{ code: 'E_INVALID_FLAG', message, remedy }];
}

/** A file outside of every service goes with the last service that it may be for. */
function isBelow(record: S2sRecord, path: string, wanted: Wanted): boolean {
  const { services } = wanted;
  if (services === undefined) return true;
  const owner = ownerOf(Object.keys(record.services), path);
  if (owner !== undefined) return services.includes(owner);
  return Object.keys(remainingServices(record, wanted)).length === 0;
}

function ownerOf(services: readonly string[], path: string): string | undefined {
  return services
    .filter((service) => service === '' || path.startsWith(`${service}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function isTaken({ services, generators }: Wanted, service: string, generator: string): boolean {
  return services?.includes(service) !== false && generators?.includes(generator) !== false;
}
