import type { GeneratedFile, PatchedFile, RecordedFile, RecordedPatch, S2sRecord } from './s2s-record.ts';

/**
 * What two records hold together: those of two branches, or of two packages. Where both know a file that is ours,
 * `isOnDisk` tells whose text is there; of a file of the user's, the insertions of both were put in.
 */
export function mergeRecords(
  ours: S2sRecord,
  theirs: S2sRecord,
  isOnDisk: (path: string, hash: string) => boolean,
): S2sRecord {
  const files: Record<string, RecordedFile> = { ...theirs.files, ...ours.files };
  for (const [path, their] of Object.entries(theirs.files)) {
    const our = Object.hasOwn(ours.files, path) ? ours.files[path] : undefined;
    if (our?.kind === 'patched' && their.kind === 'patched') files[path] = mergePatched(our, their);
    else if (our?.kind === 'generated' && their.kind === 'generated')
      files[path] = mergeGenerated(our, their, (hash) => isOnDisk(path, hash));
  }
  const services = { ...theirs.services, ...ours.services };
  for (const [dir, runs] of Object.entries(theirs.services))
    services[dir] = { ...runs, ...ours.services[dir] };
  return { services, files };
}

function mergeGenerated(
  our: GeneratedFile,
  their: GeneratedFile,
  isOnDisk: (hash: string) => boolean,
): GeneratedFile {
  const taken = !isOnDisk(our.hash) && isOnDisk(their.hash) ? their : our;
  return { ...taken, also: [...new Set([...our.also, ...their.also])].sort() };
}

function mergePatched(our: PatchedFile, their: PatchedFile): PatchedFile {
  const patches = [...our.patches];
  for (const patch of their.patches) {
    const at = patches.findIndex((one) => keyOf(one) === keyOf(patch));
    const own = patches[at];
    if (own === undefined) patches.push(patch);
    else patches[at] = mergePatch(own, patch);
  }
  return { ...our, patches };
}

function keyOf({ generator, home, role }: RecordedPatch): string {
  return JSON.stringify([generator, role, home]);
}

function mergePatch(our: RecordedPatch, their: RecordedPatch): RecordedPatch {
  const known = new Set(our.insertions.map((one) => JSON.stringify(one)));
  const more = their.insertions.filter((one) => !known.has(JSON.stringify(one)));
  const usedBefore = [...new Set([...our.usedBefore, ...their.usedBefore])];
  return { ...our, insertions: [...our.insertions, ...more], usedBefore };
}
