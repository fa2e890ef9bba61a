import type { Answers } from '../model/generator.ts';
import { relativeRel, type RelPath, toRel } from '../model/paths.ts';
import { roleOfPatch } from '../model/roles.ts';
import { insertionJson } from './record-json.ts';
import type { GeneratedFile, RecordedFile, RecordedPatch, RecordedRun, S2sRecord } from './s2s-record.ts';

interface Names {
  readonly home: RelPath;
  readonly version: string;
  readonly by: string | undefined;
}

/**
 * The part of a record that belongs to one folder, as JSON with one line for each run and file, as long as no formatter
 * breaks them; undefined for nothing.
 */
export function renderRecord({ files, services }: S2sRecord, home: RelPath): string | undefined {
  const runs = Object.entries(services[home] ?? {});
  const own = Object.entries(files).filter(([, file]) => homesOf(file).includes(home));
  if (runs.length + own.length === 0) return undefined;
  const names = { home, version: latest(runs, own), by: mostOf(runs, own, home) };
  const generated = own.flatMap(([path, file]) =>
    file.kind === 'generated' ? [[keyOf(home, path), lineOf(file, names)] as const] : [],
  );
  const patched = own.flatMap(([path, file]) =>
    file.kind === 'patched' ? [[keyOf(home, path), listsOf(path, file.patches, names)] as const] : [],
  );
  const used = new Set(own.flatMap(([, file]) => usedIn(file, home)));
  const runLines = runs.map(
    ([id, run]) => [withVersion(id, run.version, names), sorted(run.answers)] as const,
  );
  return print([
    ['schema', '2'],
    ['version', JSON.stringify(names.version)],
    ...(names.by === undefined ? [] : [['by', JSON.stringify(names.by)] as const]),
    ...section('runs', runLines),
    ...section('files', generated),
    ...section('patches', patched),
    ...(used.size === 0 ? [] : [['usedBefore', inline([...used].sort())] as const]),
  ]);
}

export function homesOf(file: RecordedFile): readonly RelPath[] {
  return file.kind === 'generated' ? [file.home] : file.patches.map(({ home }) => home);
}

type Entries<T> = readonly (readonly [string, T])[];

/** The version of the last run: the newest of the runs, else of the files. */
function latest(runs: Entries<RecordedRun>, own: Entries<RecordedFile>): string {
  const files = own.flatMap(([, file]) => (file.kind === 'generated' ? [file.version] : []));
  const versions = runs.length > 0 ? runs.map(([, { version }]) => version) : files;
  const [newest = '0.0.0'] = [...versions].sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return newest;
}

/** The generator that has the most entries: it need not stand in each. */
function mostOf(runs: Entries<RecordedRun>, own: Entries<RecordedFile>, home: RelPath): string | undefined {
  const [only, other] = runs;
  if (only !== undefined && other === undefined) return only[0];
  const counts = new Map<string, number>();
  for (const [, file] of own) {
    const makers =
      file.kind === 'generated'
        ? [file.generator]
        : file.patches.filter((patch) => patch.home === home).map(({ generator }) => generator);
    for (const id of makers) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts].sort(([a, most], [b, more]) => more - most || (a < b ? -1 : 1))[0]?.[0];
}

function keyOf(home: RelPath, path: string): string {
  return relativeRel(home, toRel(path));
}

function lineOf(
  { also, generator, hash, role, version }: GeneratedFile,
  { by, version: usual }: Names,
): string {
  const isUsual = generator === by && version === usual;
  const made = isUsual ? [] : [version === usual ? generator : `${generator}@${version}`];
  return [role, hash, ...made, ...also.map((id) => `+${id}`)].join(' ');
}

function listsOf(path: string, patches: readonly RecordedPatch[], { by, home }: Names): unknown {
  const own = patches.filter((patch) => patch.home === home);
  const lists = own.map(({ generator, insertions, role }) => {
    const key = role === roleOfPatch(path) ? generator : `${generator} ${role}`;
    const list = insertions.map(insertionJson);
    return [key, list.length === 1 && typeof list[0] === 'string' ? list[0] : list] as const;
  });
  const [only, other] = lists;
  return only?.[0] === by && other === undefined ? only?.[1] : Object.fromEntries(lists);
}

function usedIn(file: RecordedFile, home: RelPath): readonly string[] {
  if (file.kind === 'generated') return [];
  return file.patches.filter((patch) => patch.home === home).flatMap(({ usedBefore }) => usedBefore);
}

function withVersion(id: string, version: string, { version: usual }: Names): string {
  return version === usual ? id : `${id}@${version}`;
}

function sorted(object: Answers): Answers {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** On one line, spaced as formatters do. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${inline(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function section(name: string, entries: Entries<unknown>): Entries<string> {
  if (entries.length === 0) return [];
  const lines = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `    ${JSON.stringify(key)}: ${inline(value)}`);
  return [[name, `{\n${lines.join(',\n')}\n  }`]];
}

function print(entries: Entries<string>): string {
  return `{\n${entries.map(([key, text]) => `  ${JSON.stringify(key)}: ${text}`).join(',\n')}\n}\n`;
}
