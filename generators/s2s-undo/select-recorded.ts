import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import { sharedFolders } from '../_engine/record/record.ts';
import { homesOf } from '../_engine/record/render-record.ts';
import type {
  GeneratedFile,
  PatchedFile,
  RecordedFile,
  RecordedPatch,
  S2sRecord,
} from '../_engine/record/s2s-record.ts';

/** What is to be reverted: generated files, parts that others rendered into them, and patches of the user's files. */
export interface Selected {
  readonly files: readonly (readonly [RelPath, GeneratedFile])[];
  /** Generated files that stay, without the parts of the generators that go. */
  readonly shared: readonly (readonly [RelPath, GeneratedFile])[];
  readonly patched: readonly SelectedPatches[];
}

export interface SelectedPatches {
  readonly path: RelPath;
  readonly file: PatchedFile;
  /** Those that go, oldest first. */
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

/** The recorded files that belong to what was asked for. */
export function selectRecorded(record: S2sRecord, wanted: Wanted): Selected {
  const isWanted = (generator: string): boolean => wanted.generators?.includes(generator) !== false;
  const selected = {
    files: [] as (readonly [RelPath, GeneratedFile])[],
    shared: [] as (readonly [RelPath, GeneratedFile])[],
    patched: [] as SelectedPatches[],
  };
  for (const [key, file] of Object.entries(record.files)) {
    const path = key as RelPath;
    if (!isBelow(record, path, file, wanted)) continue;
    if (file.kind === 'patched') {
      const patches = file.patches.filter(({ generator }) => isWanted(generator));
      if (patches.length > 0) selected.patched.push({ path, file, patches });
    } else if (isWanted(file.generator)) selected.files.push([path, file]);
    else if (file.also.some(isWanted)) selected.shared.push([path, file]);
  }
  return selected;
}

/** The record without what is reverted. */
export function withoutSelected(record: S2sRecord, selected: Selected, wanted: Wanted): S2sRecord {
  const files = { ...record.files };
  const isWanted = (generator: string): boolean => wanted.generators?.includes(generator) !== false;
  for (const [path] of selected.files) Reflect.deleteProperty(files, path);
  for (const [path, file] of selected.shared)
    files[path] = { ...file, also: file.also.filter((id) => !isWanted(id)) };
  for (const { file, patches, path } of selected.patched) {
    const left = file.patches.filter((patch) => !patches.includes(patch));
    if (left.length === 0) Reflect.deleteProperty(files, path);
    else files[path] = { ...file, patches: left };
  }
  return { services: remainingServices(record, wanted), files };
}

/** The runs that stay recorded. */
function remainingServices(record: S2sRecord, wanted: Wanted): S2sRecord['services'] {
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

/** A file of a package goes with the last service that shares it; one outside of all, with the last service. */
function isBelow(record: S2sRecord, path: string, file: RecordedFile, wanted: Wanted): boolean {
  const remaining = remainingServices(record, wanted);
  const home = homesOf(file).find((dir) => sharedFolders(record).includes(dir));
  if (home !== undefined) return !sharedFolders({ services: remaining }).includes(home);
  const { services } = wanted;
  if (services === undefined) return true;
  const owner = ownerOf(Object.keys(record.services), path);
  if (owner !== undefined) return services.includes(owner);
  return Object.keys(remaining).length === 0;
}

function ownerOf(services: readonly string[], path: string): string | undefined {
  return services
    .filter((service) => service === '' || path.startsWith(`${service}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function isTaken({ services, generators }: Wanted, service: string, generator: string): boolean {
  return services?.includes(service) !== false && generators?.includes(generator) !== false;
}
