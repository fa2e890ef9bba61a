import type { RecordedFile, S2sRecord } from './s2s-record.ts';

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

/**
 * What two branches have recorded, together. Where both know a file that is ours, `isOnDisk` tells whose text is there;
 * of a file of the user's, the patches of both were put in.
 */
export function mergeRecords(
  ours: S2sRecord,
  theirs: S2sRecord,
  isOnDisk: (path: string, file: RecordedFile) => boolean,
): S2sRecord {
  const files: Record<string, RecordedFile> = { ...theirs.files, ...ours.files };
  for (const [path, their] of Object.entries(theirs.files)) {
    const our = ours.files[path];
    if (our === undefined) continue;
    const known = new Set(our.patches?.map((patch) => JSON.stringify(patch)));
    const more = (their.patches ?? []).filter((patch) => !known.has(JSON.stringify(patch)));
    if (our.text === undefined && our.patches !== undefined)
      files[path] = { ...our, patches: [...our.patches, ...more] };
    else if (!isOnDisk(path, our) && isOnDisk(path, their)) files[path] = their;
  }
  const services = { ...theirs.services, ...ours.services };
  for (const [dir, runs] of Object.entries(theirs.services))
    services[dir] = { ...runs, ...ours.services[dir] };
  return { schema: 1, services, files };
}
