import type { Answers } from '../model/generator.ts';
import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import type { Edit, Plan } from '../model/plan.ts';
import type { Repo } from '../model/repo.ts';
import { isWholeFile } from '../model/roles.ts';
import { withLineEndingsOf } from '../model/text-change.ts';
import { editTowards } from '../repo/draft.ts';
import { findRecords, recordPathIn, valuesOf } from '../repo/record-text.ts';
import { textAfter } from '../repo/repo.ts';
import { surveyHeads } from '../repo/services.ts';
import { hashCode } from './hash.ts';
import { insertionsOf } from './insertions.ts';
import { recordOf } from './record-json.ts';
import { homesOf, renderRecord } from './render-record.ts';
import {
  type GeneratedFile,
  generatedFile,
  type PatchedFile,
  type RecordedFile,
  type RecordedPatch,
  type S2sRecord,
} from './s2s-record.ts';

const empty: S2sRecord = { services: {}, files: {} };
const known = new WeakMap<Repo, S2sRecord>();

/**
 * Reads the records of all packages as one; an empty one where there are none. Where git has left two sides of a merge,
 * it is both. @throws RefusalError E_RECORD with each that cannot be understood
 */
export function readRecord(repo: Repo): S2sRecord {
  const record = known.get(repo) ?? readAll(repo);
  known.set(repo, record);
  return record;
}

function readAll(repo: Repo): S2sRecord {
  const isOnDisk = (path: string, hash: string): boolean => {
    const text = repo.read(toRel(path));
    return text !== undefined && hashCode(path, text) === hash;
  };
  const obstacles: Obstacle[] = [];
  const sides = findRecords(repo).flatMap(({ dir, path, text }) => {
    try {
      return valuesOf(text).map((value) => recordOf(value, dir));
    } catch (error) {
      obstacles.push(unreadable(path, error instanceof Error ? error.message : String(error)));
      return [];
    }
  });
  const [first, ...more] = obstacles;
  if (first !== undefined) throw new RefusalError(first, ...more);
  return sides.reduce((all, side) => mergeRecords(all, side, isOnDisk), empty);
}

function unreadable(path: string, reason: string): Obstacle {
  return {
    code: 'E_RECORD',
    at: { path },
    message: `${path} cannot be read: ${reason.replace(/\.$/, '')}.`,
    remedy: 'Restore it from version control, or delete it: s2s-status --rebuild-record makes it again.',
  };
}

/** Who made a plan, for whom, with which answers. */
interface Authorship {
  readonly generator: string;
  readonly version: string;
  readonly services: readonly RelPath[];
  /** By the folder of a service: that of the package that it shares. */
  readonly sharing?: ReadonlyMap<RelPath, RelPath>;
  /** Those that are no defaults. */
  readonly answers: Answers;
  /** Makes one of these and those of an earlier run; absent: these are recorded. */
  readonly join?: ((before: Answers, now: Answers) => Answers) | undefined;
  /** Packages and variables that an edit adds and that the user's code used before it. */
  readonly usedBefore?: (edit: Edit) => readonly string[];
}

/** The edits that write down `edits`; [] when nothing was edited. `wanted`: all that the run rendered. */
export function recordEdits(
  repo: Repo,
  edits: readonly Edit[],
  wanted: NonNullable<Plan['wanted']>,
  by: Authorship,
): readonly Edit[] {
  if (edits.length === 0) return [];
  const before = readRecord(repo);
  const files: Record<string, RecordedFile> = { ...before.files };
  // What today's templates still render, or is as they do by now, is of today's version.
  for (const { path, text } of wanted) {
    const file = generatedFile(before, path);
    const hash = hashCode(path, text);
    if (file?.generator !== by.generator) continue;
    if (file.hash === hash || hashCode(path, repo.read(path) ?? '') === hash)
      files[path] = { ...file, hash, version: by.version };
  }
  const shared = [...new Set([...sharedFolders(before), ...(by.sharing?.values() ?? [])])];
  const dirs = [...new Set([...surveyHeads(repo).map(({ dir }) => dir), ...by.services, ...shared])];
  const ofNone = (edit: Edit): RelPath | undefined => (edit.role === 'manifest' ? shared[0] : by.services[0]);
  for (const edit of edits) {
    const file = recordFile(files[edit.path], edit, by, homeOf(dirs, edit.path) ?? ofNone(edit) ?? dirs[0]);
    if (file === undefined) Reflect.deleteProperty(files, edit.path);
    else files[edit.path] = file;
  }
  const services = { ...before.services };
  for (const service of by.services) {
    const earlier = services[service]?.[by.generator]?.answers;
    const joined = earlier === undefined ? by.answers : (by.join?.(earlier, by.answers) ?? by.answers);
    const own = by.sharing?.get(service);
    const answers = own === undefined ? joined : { ...joined, shared: own };
    services[service] = { ...services[service], [by.generator]: { version: by.version, answers } };
  }
  return writeRecord(repo, { services, files });
}

/** Folders of the packages that recorded services share. */
export function sharedFolders({ services }: Pick<S2sRecord, 'services'>): readonly RelPath[] {
  const runs = Object.values(services).flatMap((one) => Object.values(one));
  const dirs = runs.flatMap(({ answers: { shared } }) => (typeof shared === 'string' ? toRel(shared) : []));
  return [...new Set(dirs)];
}

/** The folder of the service that a file is in; undefined for one that is in none. */
export function homeOf(dirs: readonly RelPath[], path: string): RelPath | undefined {
  return dirs
    .filter((dir) => dir === '' || path.startsWith(`${dir}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** The edits that make the records be this one: one that is empty is no file. */
export function writeRecord(repo: Repo, record: S2sRecord): readonly Edit[] {
  const kept = withHomes(record);
  const dirs = new Set<RelPath>([
    ...findRecords(repo).map(({ dir }) => dir),
    ...(Object.keys(kept.services) as RelPath[]),
    ...Object.values(kept.files).flatMap(homesOf),
  ]);
  return [...dirs].sort().flatMap((dir): readonly Edit[] => {
    const path = recordPathIn(dir);
    const [base, text] = [repo.read(path), renderRecord(kept, dir)];
    if (text !== undefined && base !== undefined && isSameValue(base, text)) return [];
    if (text !== undefined)
      return [editTowards(repo, path, 'record', withLineEndingsOf(base ?? '', text)) ?? []].flat();
    return base === undefined ? [] : [{ kind: 'delete', path, role: 'record', base }];
  });
}

/** A formatter has another layout; two sides of a merge are not one value. */
function isSameValue(base: string, text: string): boolean {
  try {
    return JSON.stringify(JSON.parse(base)) === JSON.stringify(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Files outside of every service are in the record of one that has runs: they outlive the service that they came with. */
function withHomes({ files, services }: S2sRecord): S2sRecord {
  const dirs = (Object.keys(services) as RelPath[]).sort();
  const [next] = dirs;
  const shared = sharedFolders({ services });
  const moved = (home: RelPath, path: string): RelPath => {
    const isInside = home === '' || path.startsWith(`${home}/`);
    return isInside || dirs.includes(home) || shared.includes(home) ? home : (next ?? home);
  };
  const entries = Object.entries(files).map(([path, file]): [string, RecordedFile] => {
    if (file.kind === 'generated') return [path, { ...file, home: moved(file.home, path) }];
    const patches = file.patches.map((patch) => ({ ...patch, home: moved(patch.home, path) }));
    return [path, { ...file, patches }];
  });
  return { services, files: Object.fromEntries(entries) };
}

function recordFile(
  before: RecordedFile | undefined,
  edit: Edit,
  by: Authorship,
  home: RelPath | undefined,
): RecordedFile | undefined {
  const text = textAfter(edit);
  if (text === undefined || home === undefined) return undefined;
  const { role } = edit;
  const { generator, version } = by;
  if (isWholeFile(role)) {
    const hash = hashCode(edit.path, edit.kind === 'patch' ? (edit.rendered ?? text) : text);
    if (before?.kind !== 'generated')
      return { kind: 'generated', role, home, generator, version, also: [], hash };
    const isOwn = generator === before.generator;
    const also = isOwn ? before.also : [...new Set([...before.also, generator])].sort();
    return { ...before, role, hash, also, version: isOwn ? version : before.version };
  }
  const usedBefore = by.usedBefore?.(edit) ?? [];
  const patch: RecordedPatch = { generator, role, home, insertions: insertionsOf(edit), usedBefore };
  return {
    kind: 'patched',
    role,
    patches: withPatch(before?.kind === 'patched' ? before.patches : [], patch),
  };
}

/** What a generator puts into a file is one patch, also of many runs. */
function withPatch(before: readonly RecordedPatch[], patch: RecordedPatch): readonly RecordedPatch[] {
  const isSame = ({ generator, home, role }: RecordedPatch): boolean =>
    generator === patch.generator && role === patch.role && home === patch.home;
  const own = before.find(isSame);
  if (own === undefined) return [...before, patch];
  const again = new Set(patch.insertions.map((one) => JSON.stringify(one)));
  const kept = own.insertions.filter((one) => !again.has(JSON.stringify(one)));
  const insertions = [...kept, ...patch.insertions];
  const usedBefore = [...new Set([...own.usedBefore, ...patch.usedBefore])];
  return [...before.filter((one) => one !== own), { ...patch, insertions, usedBefore }];
}

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
