import type { Answers, Site } from '../model/generator.ts';
import { dirnameRel, type RelPath, toRel } from '../model/paths.ts';
import type { Edit } from '../model/plan.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { surveyTooling } from '../facts/tooling.ts';
import { formatEdits } from './format.ts';
import { withoutRefused } from './formatter-code.ts';
import { lintEdits } from './lint.ts';

/** The edits in each service's folder, the nearest one to the file; undefined for those in none. */
export function editsByOwner(
  heads: readonly ServiceHead[],
  edits: readonly Edit[],
): ReadonlyMap<ServiceHead | undefined, readonly Edit[]> {
  const byDir = foldersOf(heads);
  const owned = new Map<ServiceHead | undefined, Edit[]>();
  for (const edit of edits) {
    const owner = ownerOf(byDir, edit.path);
    const own = owned.get(owner) ?? [];
    own.push(edit);
    owned.set(owner, own);
  }
  return owned;
}

type Folders = ReadonlyMap<RelPath, ServiceHead>;

function foldersOf(heads: readonly ServiceHead[]): Folders {
  return new Map(heads.map((head) => [head.dir, head]));
}

/** The services that a manifest or an environment file is for: one in no service's folder is for all of them. */
export function readersOf(heads: readonly ServiceHead[], path: RelPath): readonly ServiceHead[] {
  const owner = ownerOf(foldersOf(heads), path);
  return owner === undefined ? heads : [owner];
}

function ownerOf(byDir: Folders, path: RelPath): ServiceHead | undefined {
  const dir = dirnameRel(path);
  return byDir.get(dir) ?? (dir === '' ? undefined : ownerOf(byDir, dir));
}

/** The edits as formatter and linter leave them: why some are not formatted, and what the linter has left. */
export interface FormattedEdits {
  readonly edits: readonly Edit[];
  readonly notes: readonly string[];
  readonly lintNotes: readonly string[];
}

/** Folders of packages with code that are no services: those that services share. */
function packagesOf(edits: readonly Edit[]): readonly RelPath[] {
  const dirs = edits.flatMap(
    ({ path }) => /^(.+)\/(?:(?:src|test)\/.+\.ts|\.s2s\.json)$/.exec(path)?.[1] ?? [],
  );
  return [...new Set(dirs)].map(toRel);
}

function existingAbove(repo: Repo, dir: RelPath): RelPath {
  return dir === '' || repo.list(dir).length > 0 ? dir : existingAbove(repo, dirnameRel(dir));
}

/** Formats the edits with the formatter of each service, then takes the fixes of its linter. */
export async function formatInServices(
  { repo, heads }: Site,
  edits: readonly Edit[],
  given: Answers,
): Promise<FormattedEdits> {
  const owned = editsByOwner(heads, edits);
  const groups = heads
    .filter((head) => owned.has(head))
    .map((head) => ({
      dir: head.dir,
      formatter: surveyTooling(repo, head).formatter,
      edits: owned.get(head) ?? [],
    }));
  const others = owned.get(undefined) ?? [];
  const packages = packagesOf(others).map((dir) => ({
    // One that the plan makes is not there yet, and a process needs a folder to run in.
    dir: existingAbove(repo, dir),
    formatter: surveyTooling(repo, { dir }).formatter,
    edits: others.filter(({ path }) => path.startsWith(`${dir}/`)),
  }));
  const formatted = await formatEdits(repo, await withoutRefused(repo, given, [...groups, ...packages]));
  const inPackages = new Set(packages.flatMap((one) => one.edits));
  const fixed = others.filter((edit) => !inPackages.has(edit));
  const lintNotes = new Set<string>();
  for (const [owner, own] of editsByOwner(heads, formatted.edits)) {
    const linted =
      owner === undefined ? { edits: own, notes: [] } : await lintEdits(repo, owner.dir, own, given);
    fixed.push(...linted.edits);
    for (const note of linted.notes) lintNotes.add(note);
  }
  return { edits: fixed, notes: formatted.notes, lintNotes: [...lintNotes] };
}
