import { posix } from 'node:path';

import { attempt } from '../model/obstacle.ts';
import { dirnameRel, joinRel, type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { isRecord } from './manifest.ts';
import { findPackageFiles, recordName } from './source-files.ts';

/** No record of a service has more. */
const maxChars = 4_000_000;

/** The record of a package, as it is in its folder. */
export interface RecordText {
  readonly dir: RelPath;
  readonly path: RelPath;
  readonly text: string;
}

/** The records of a repo, of the packages that are there and of those that were. */
export function findRecords(repo: Repo): readonly RecordText[] {
  const { manifests, records } = findPackageFiles(repo);
  const dirs = new Set([...manifests, ...records].map(dirnameRel));
  const found = readIn(repo, dirs);
  // A package that a plan makes is not on the disk yet.
  const planned = new Set(found.flatMap(({ text }) => sharedIn(text)).filter((dir) => !dirs.has(dir)));
  return planned.size === 0 ? found : readIn(repo, new Set([...dirs, ...planned]));
}

function readIn(repo: Repo, dirs: ReadonlySet<RelPath>): readonly RecordText[] {
  return [...dirs].sort().flatMap((dir) => {
    const path = recordPathIn(dir);
    const text = repo.read(path);
    return text === undefined ? [] : [{ dir, path, text }];
  });
}

/** Folders of the packages that the runs of a record share. */
export function sharedIn(text: string): readonly RelPath[] {
  const runs = (text.includes('"shared"') ? readable(text) : []).flatMap((value) =>
    isRecord(value) && isRecord(value['runs']) ? Object.values(value['runs']) : [],
  );
  return runs.flatMap((run) => {
    const dir = isRecord(run) && typeof run['shared'] === 'string' ? run['shared'] : 'none';
    return dir === 'none' ? [] : (attempt(() => toRel(dir)) ?? []);
  });
}

export function recordPathIn(dir: RelPath): RelPath {
  return joinRel(dir, recordName);
}

/** A broken record is reported where it is used. */
function readable(text: string): readonly unknown[] {
  try {
    return valuesOf(text);
  } catch {
    return [];
  }
}

/** A record as JSON: one value, or both sides where git has left a merge. @throws Error with the reason when a side is no JSON */
export function valuesOf(text: string): readonly unknown[] {
  const sides = (hasMergeMarkers(text) ? sidesOf(text) : undefined) ?? [text];
  return sides.map((side) => {
    if (side.length > maxChars) throw new Error('it is too long');
    return JSON.parse(side) as unknown;
  });
}

/** The files that a record names, from its JSON value: of those that are ours alone with `only`. */
export function pathsIn(value: unknown, dir: RelPath, only?: 'files'): readonly string[] {
  const parts = only === undefined ? ['files', 'patches'] : [only];
  return parts.flatMap((part) => {
    const entries = isRecord(value) ? value[part] : undefined;
    return isRecord(entries) ? Object.keys(entries).map((key) => posix.join(dir, key)) : [];
  });
}

/** Git could not merge the record by itself. */
export function hasMergeMarkers(text: string): boolean {
  return /^<{7} /m.test(text);
}

/** The two texts between which a merge was left; undefined when the markers make no sense. */
export function sidesOf(text: string): readonly [ours: string, theirs: string] | undefined {
  const sides: [string[], string[]] = [[], []];
  let at: 'both' | 'ours' | 'base' | 'theirs' = 'both';
  for (const line of text.split('\n')) {
    const marker = /^(<{7}|\|{7}|={7}|>{7})(?: |\r?$)/.exec(line)?.[1]?.[0];
    if (marker === '<' && at === 'both') at = 'ours';
    else if (marker === '|' && at === 'ours') at = 'base';
    else if (marker === '=' && (at === 'ours' || at === 'base')) at = 'theirs';
    else if (marker === '>' && at === 'theirs') at = 'both';
    else if (marker !== undefined) return undefined;
    else {
      if (at === 'both' || at === 'ours') sides[0].push(line);
      if (at === 'both' || at === 'theirs') sides[1].push(line);
    }
  }
  return at === 'both' ? [sides[0].join('\n'), sides[1].join('\n')] : undefined;
}
