import type { RecordedFile, S2sRecord } from './s2s-record.ts';

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
