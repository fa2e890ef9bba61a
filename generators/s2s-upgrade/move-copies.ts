import type { RunAnswers } from '../_engine/model/generator.ts';
import type { Obstacle } from '../_engine/model/obstacle.ts';
import { basenameRel, joinRel, type RelPath, toRel } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { changesBetween } from '../_engine/model/text-change.ts';
import { mergeTexts } from '../_engine/plan/resolve-existing.ts';
import { rebuildTexts, withoutGenerated } from '../_engine/plan/merge-base.ts';
import type { RecordedCall } from '../_engine/plan/recorded-calls.ts';
import { renderRun, type Wanted } from '../_engine/plan/render-run.ts';
import { hashCode } from '../_engine/record/hash.ts';
import { readRecord, writeRecord } from '../_engine/record/record.ts';
import {
  generatedFile,
  type PatchedFile,
  type RecordedFile,
  type RecordedPatch,
  type S2sRecord,
} from '../_engine/record/s2s-record.ts';
import { takeOut } from '../_engine/record/take-out.ts';
import { type Draft, overlay } from '../_engine/repo/draft.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import { sharedPackageFor } from '../_engine/repo/sibling-packages.ts';
import { findImporters, keptDependencies } from '../_engine/record/still-used.ts';
import { followImports, withSpecifiers } from './follow-imports.ts';

/** Copies on their way into a package. */
export interface Move {
  readonly services: readonly RelPath[];
  /** Files of services that go, and those of the package that take their place. */
  readonly copies: ReadonlyMap<RelPath, RelPath | undefined>;
}

/**
 * Takes the copies of services out of the draft, with what the record says of them: planned again with the package,
 * their runs bring what is left. What imports a copy imports the package then.
 */
export async function startMove(draft: Draft, calls: readonly RecordedCall[], wanted: string): Promise<Move> {
  const { repo } = draft;
  const dir = toRel(wanted);
  const record = readRecord(repo);
  const heads = surveyHeads(repo);
  const rendered = await renderShared(repo, record, calls, dir);
  const copies = copiesIn(record, copying(draft, calls, dir), rendered, dir);
  const homes = [...copies.keys()].map((path) => generatedFile(record, path)?.home);
  const services = [...new Set(homes.filter((home) => home !== undefined))];
  const shared = heads
    .filter((head) => services.includes(head.dir))
    .map((head) => sharedPackageFor(repo, head, dir))[0];
  if (shared === undefined) draft.note(`No service has copies that could go to ${dir}.`);
  if (shared === undefined) return { services, copies };
  const changed = followImports(draft, heads, copies, {
    shared,
    isOurs: (path) => generatedFile(record, path) !== undefined,
  });
  for (const path of copies.keys()) {
    const base = repo.read(path);
    if (base !== undefined)
      draft.add({ kind: 'delete', path, role: generatedFile(record, path)?.role ?? 'source', base });
  }
  const files = Object.entries(record.files).filter(([path]) => !copies.has(path as RelPath));
  const left = files.flatMap(([path, file]): readonly (readonly [string, RecordedFile])[] => {
    const kept = withoutDependencies(draft, path as RelPath, file, record, services);
    return kept === undefined ? [] : [[path, withSpecifiers(kept, changed.get(path as RelPath))]];
  });
  for (const edit of writeRecord(repo, { ...record, files: Object.fromEntries(left) })) draft.add(edit);
  return { services, copies };
}

/** The runs of services that have copies of their own, by service; one that shares another package is an obstacle. */
function copying(
  draft: Draft,
  calls: readonly RecordedCall[],
  dir: RelPath,
): (service: RelPath, id: string) => boolean {
  const elsewhere = calls.filter(
    ({ answers }) => typeof answers['shared'] === 'string' && answers['shared'] !== dir,
  );
  for (const { answers, services } of elsewhere)
    draft.obstruct(sharesAnother(services, String(answers['shared']), dir));
  // What no generator renders any more stays where it is.
  const own = calls.filter(
    ({ answers, generator }) => answers['shared'] === undefined && generator !== undefined,
  );
  const runs = new Set(own.flatMap(({ id, services }) => services.map((service) => `${service} ${id}`)));
  return (service, id) => runs.has(`${service} ${id}`);
}

/** What the runs would render had the services shared the package from the start. */
async function renderShared(
  repo: Repo,
  record: S2sRecord,
  calls: readonly RecordedCall[],
  shared: RelPath,
): Promise<Wanted> {
  // A generator that plans an earlier run again has its answers from the record.
  const services = Object.entries(record.services).map(([dir, runs]) => {
    const isMoving = calls.some((call) => call.services.includes(dir as RelPath));
    const sharing = Object.entries(runs).map(([id, run]) => [
      id,
      { ...run, answers: { ...run.answers, shared } },
    ]);
    return [dir, isMoving ? Object.fromEntries(sharing) : runs] as const;
  });
  const bare = withoutGenerated(repo, record);
  const told = { ...record, services: Object.fromEntries(services) as S2sRecord['services'] };
  const site = { repo: overlay(bare, writeRecord(bare, told)), heads: surveyHeads(repo) };
  const rendered: Wanted[number][] = [];
  for (const { answers, generator, services } of calls)
    if (generator !== undefined)
      rendered.push(...(await renderRun(site, generator, { answers: { ...answers, shared }, services })));
  return rendered;
}

/** Generated files of the services that are rendered into the package instead, or not at all. */
function copiesIn(
  { files }: S2sRecord,
  isCopying: (service: RelPath, id: string) => boolean,
  rendered: Wanted,
  dir: RelPath,
): ReadonlyMap<RelPath, RelPath | undefined> {
  const stays = new Set<string>(rendered.map(({ path }) => path));
  const inPackage = new Map(
    rendered.filter(({ path }) => path.startsWith(`${dir}/`)).map(({ path }) => [stemOf(path), path]),
  );
  // A run that is refused has rendered nothing: planned again it is refused too, and nothing moves.
  const found = Object.entries(files).flatMap(
    ([key, file]): readonly (readonly [RelPath, RelPath | undefined])[] => {
      const isCopy = file.kind === 'generated' && isCopying(file.home, file.generator) && !stays.has(key);
      return isCopy ? [[key as RelPath, inPackage.get(stemOf(key as RelPath))]] : [];
    },
  );
  return new Map(found);
}

/** `circuit-breaker` of `circuitBreaker.ts`; `circuit-breaker.test` of its test. */
function stemOf(path: RelPath): string {
  return basenameRel(path)
    .replace(/\.ts$/, '')
    .replace(/\.spec$/, '.test')
    .replace(/_/g, '-')
    .replace(/(?<=[a-z\d])(?=[A-Z])/g, '-')
    .toLowerCase();
}

/** Takes out what the runs of a service made it depend on: they bring back what it needs without its copies. */
function withoutDependencies(
  draft: Draft,
  path: RelPath,
  file: RecordedFile,
  record: S2sRecord,
  services: readonly RelPath[],
): RecordedFile | undefined {
  const home = services.find((dir) => path === joinRel(dir, 'package.json'));
  if (file.kind !== 'patched' || home === undefined) return file;
  const isOwn = ({ generator }: RecordedPatch): boolean => record.services[home]?.[generator] !== undefined;
  const all = file.patches.flatMap((patch) => patch.insertions);
  const going = new Set(file.patches.filter(isOwn).flatMap((patch) => patch.insertions));
  draft.patch(path, 'manifest', (base) => {
    const { text } = takeOut(path, base, all, going);
    return text === base ? [] : changesBetween(base, text);
  });
  const patches = file.patches.filter((patch) => !isOwn(patch));
  return patches.length === 0 ? undefined : { ...file, patches };
}

/** Carries the edits of copies into the package, and refuses what would be lost or would not compile. */
export async function finishMove(
  draft: Draft,
  before: Repo,
  { copies, services }: Move,
  given: Pick<RunAnswers, 'force' | 'format'>,
): Promise<void> {
  const record = readRecord(before);
  const heads = surveyHeads(before);
  if (given.force !== true) await carryEdits(draft, before, record, copies, given);
  for (const dir of services) keepDependencies(draft, before, joinRel(dir, 'package.json'));
  draft.obstruct(...findImporters(before, draft.repo, heads, new Set(copies.keys())).map(inUse));
}

/** Leaves what other code uses by now; what was used before the first run is what it has been. */
function keepDependencies(draft: Draft, before: Repo, path: RelPath): void {
  const earlier = new Set(patchesOf(before, path).flatMap((patch) => patch.usedBefore));
  for (const { changes, note } of keptDependencies(before, draft.repo, path, surveyHeads(before), earlier)) {
    draft.patch(path, 'manifest', changes);
    draft.note(note);
  }
  const { files, services } = readRecord(draft.repo);
  const file = files[path];
  if (file?.kind !== 'patched') return;
  // To a run that is planned again, what other runs have generated is the code of somebody else.
  const patches = file.patches.map((patch) => ({
    ...patch,
    usedBefore: patch.usedBefore.filter((name) => earlier.has(name)),
  }));
  for (const edit of writeRecord(draft.repo, { services, files: { ...files, [path]: { ...file, patches } } }))
    draft.add(edit);
}

function patchesOf(repo: Repo, path: RelPath): PatchedFile['patches'] {
  const file = readRecord(repo).files[path];
  return file?.kind === 'patched' ? file.patches : [];
}

async function carryEdits(
  draft: Draft,
  before: Repo,
  record: S2sRecord,
  copies: Move['copies'],
  { format }: Pick<RunAnswers, 'format'>,
): Promise<void> {
  const edited = [...copies.keys()].filter((path) => {
    const text = before.read(path);
    return text !== undefined && generatedFile(record, path)?.hash !== hashCode(path, text);
  });
  if (edited.length === 0) return;
  const bases = await rebuildTexts(before, edited, { format });
  const carried = new Map<RelPath, string>();
  for (const path of edited) {
    const [target, base, mine] = [copies.get(path), bases.get(path), before.read(path) ?? ''];
    const theirs = target && draft.repo.read(target);
    const merged =
      base === undefined || theirs === undefined ? undefined : mergeTexts(base, mine, theirs, 'package');
    const text = merged?.conflicts.length === 0 ? merged.text : undefined;
    if (target === undefined || text === undefined || (carried.has(target) && carried.get(target) !== text))
      draft.obstruct(notCarried(path, target));
    else {
      // The text of the package may be an edited one already: then both edits are in it.
      carried.set(target, text);
      draft.create(target, generatedFile(record, path)?.role ?? 'source', text);
      draft.note(`Your edits of ${path} are in ${target} now.`);
    }
  }
}

function sharesAnother(services: readonly RelPath[], before: string, dir: RelPath): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `--shared cannot be ${JSON.stringify(dir)}: ${services.join(', ')} shares ${before} already.`,
    remedy: 'Name the services that have copies with --target.',
  };
}

function notCarried(path: RelPath, target: RelPath | undefined): Obstacle {
  return {
    code: 'E_FILE_EDITED',
    at: { path },
    message: `${path} was edited, and its edits cannot be carried into ${target ?? 'the package'}.`,
    remedy: 'Take the edits back, or overwrite them with --force, and make them in the package afterwards.',
  };
}

function inUse(obstacle: Obstacle): Obstacle {
  return {
    ...obstacle,
    remedy: 'Import it from a file of your own first, or leave out that service with --target.',
  };
}
