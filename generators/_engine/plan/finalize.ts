import type { Edit, Finding, Plan } from '../model/plan.ts';
import type { Answers, Generator, Site } from '../model/generator.ts';
import { assertNone, type Obstacle } from '../model/obstacle.ts';
import { dirnameRel, type RelPath } from '../model/paths.ts';
import type { ServiceHead } from '../model/service.ts';
import { withoutRefused } from './formatter-code.ts';
import { formatEdits } from './format.ts';
import { findDirty } from '../record/git.ts';
import { globalFlags } from '../generator/options.ts';
import { recordEdit } from '../record/record.ts';
import { type OnConflict, resolveExisting } from './resolve-existing.ts';
import { usedBefore } from '../facts/config/references.ts';
import { surveyTooling } from '../facts/tooling.ts';
import { packVersion } from '../record/version.ts';
import { proveEdit } from './prove.ts';
import { textAfter } from '../repo/repo.ts';
import { isWholeFile } from '../model/roles.ts';
import { parseSource, syntaxErrors } from '../syntax/tree.ts';

/** A run: `given` are its flags, `answers` those with the answers to questions, `served` the services that it changes. */
export interface FinishedRun {
  readonly id: string;
  readonly generator: Pick<Generator, 'target'>;
  readonly given: Answers;
  readonly answers: Answers;
  readonly served: readonly ServiceHead[];
  readonly onConflict?: OnConflict | undefined;
}

/**
 * From what the generator wants to what may be written: format → resolve → verify → record. What a generator takes from
 * the record is formatted, resolved, verified and recorded already, as it was generated or planned again.
 * @throws RefusalError with every obstacle
 */
export async function finalizePlan(run: FinishedRun, site: Site, plan: Plan): Promise<Plan> {
  const isRecorded = run.generator.target === 'recorded';
  const settled = isRecorded ? { plan, obstacles: [] } : await settlePlan(run, site, plan);
  const { edits } = settled.plan;
  const unrecorded = edits.filter(({ role }) => role !== 'record');
  const dirty = run.given['allowDirty'] === true ? [] : await findDirty(site.repo, unrecorded);
  const provable = isRecorded ? [] : edits.filter(({ path }) => !isConflict(settled.plan, path));
  assertNone([...settled.obstacles, ...dirty, ...proveEdits(provable)]);
  const record = isRecorded ? undefined : recordOf(run, site, edits);
  return { ...settled.plan, edits: record === undefined ? edits : [...edits, record] };
}

/** Formatted, and resolved against the generated files that exist. */
async function settlePlan(
  { given, onConflict }: FinishedRun,
  { repo, heads }: Site,
  plan: Plan,
): Promise<Readonly<{ plan: Plan; obstacles: readonly Obstacle[] }>> {
  const owned = editsByOwner(heads, plan.edits);
  const groups = heads
    .filter((head) => owned.has(head))
    .map((head) => ({
      dir: head.dir,
      formatter: surveyTooling(repo, head).formatter,
      edits: owned.get(head) ?? [],
    }));
  const formatted = await formatEdits(repo, await withoutRefused(repo, given, groups));
  const wanted = [...formatted.edits, ...(owned.get(undefined) ?? [])];
  const force = given['force'] === true;
  const { edits, obstacles, conflicts } = resolveExisting(repo, wanted, {
    force,
    ...(onConflict && { onConflict }),
  });
  const formatNotes = [...new Set(formatted.notes)];
  const notes = [...plan.notes, ...formatNotes];
  const findings = conflicts.map(conflictFinding);
  return { plan: { ok: true, edits, notes, formatNotes, findings }, obstacles };
}

function recordOf(
  { id, answers, served }: FinishedRun,
  { repo, heads }: Site,
  edits: readonly Edit[],
): Edit | undefined {
  const byDir = foldersOf(heads);
  return recordEdit(repo, edits, {
    generator: id,
    version: packVersion,
    services: served.map((head) => head.dir),
    answers: asked(answers),
    usedBefore: (edit) => usedBefore(repo, readersOf(byDir, edit.path), edit),
  });
}

function isConflict({ findings = [] }: Plan, path: RelPath): boolean {
  return findings.some((finding) => finding.path === path);
}

function conflictFinding({ path, line }: Readonly<{ path: RelPath; line: number }>): Finding {
  const message = `${path}:${String(line)} was changed by you and by the template: resolve the conflict.`;
  return { state: 'conflict', path, line, message };
}

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
function readersOf(byDir: Folders, path: RelPath): readonly ServiceHead[] {
  const owner = ownerOf(byDir, path);
  return owner === undefined ? [...byDir.values()] : [owner];
}

function ownerOf(byDir: Folders, path: RelPath): ServiceHead | undefined {
  const dir = dirnameRel(path);
  return byDir.get(dir) ?? (dir === '' ? undefined : ownerOf(byDir, dir));
}

/** Without the flags that say how to run: they change nothing of what is generated. */
export function asked(answers: Answers): Answers {
  return Object.fromEntries(Object.entries(answers).filter(([key]) => !(key in globalFlags)));
}

/**
 * Proves every edit: a patch of the user's file keeps what it did not declare, a file of ours parses. One obstacle
 * for each that fails.
 */
export function proveEdits(edits: readonly Edit[]): readonly Obstacle[] {
  return edits.map(proveOne).filter((obstacle) => obstacle !== undefined);
}

function proveOne(edit: Edit): Obstacle | undefined {
  const text = textAfter(edit);
  if (text === undefined) return undefined;
  if (edit.kind === 'patch' && !isWholeFile(edit.role))
    return proveEdit(edit.path, edit.base, text, edit.changes);
  const [error] = /\.[cm]?tsx?$/.test(edit.path) ? syntaxErrors(parseSource(edit.path, text)) : [];
  if (error === undefined) return undefined;
  return {
    code: 'E_PROOF',
    at: { path: edit.path, line: error.line },
    message: `The generated file ${edit.path} would not parse: ${error.message}`,
    remedy: 'This is a bug of the generator: please report it with the names that you used.',
  };
}
