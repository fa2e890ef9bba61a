import type { Edit, Finding, Plan } from '../model/plan.ts';
import type { Answers, Site } from '../model/generator.ts';
import { type Obstacle, type Refusal, refuse } from '../model/obstacle.ts';
import { dirnameRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
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

/** What was run: `given` are the flags, `answers` they and what was asked, `served` the services it was for. */
export interface FinishedRun {
  readonly id: string;
  readonly given: Answers;
  readonly answers: Answers;
  readonly served: readonly ServiceHead[];
  readonly onConflict?: OnConflict | undefined;
}

/** From what the generator wants to what may be written: formatted, settled against the disk, proven, recorded. */
export async function finalizePlan(
  { id, given, answers, served, onConflict }: FinishedRun,
  { repo, heads }: Site,
  plan: Plan,
): Promise<Plan | Refusal> {
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
  const dirty = await dirtyFiles(given, repo, edits);
  const merged = new Set(conflicts.map(({ path }) => path));
  const provable = edits.filter((edit) => !merged.has(edit.path));
  const [first, ...more] = [...obstacles, ...dirty, ...proveEdits(provable)];
  if (first !== undefined) return refuse(first, ...more);
  const byDir = foldersOf(heads);
  const run = {
    generator: id,
    version: packVersion,
    services: served.map((head) => head.dir),
    answers: asked(answers),
    usedBefore: (edit: Edit) => usedBefore(repo, readersOf(byDir, edit.path), edit),
  };
  const record = recordEdit(repo, edits, run);
  const formatNotes = [...new Set(formatted.notes)];
  const notes = [...plan.notes, ...formatNotes];
  const findings = conflicts.map(conflictFinding);
  return { ok: true, edits: record === undefined ? edits : [...edits, record], notes, formatNotes, findings };
}

function conflictFinding({ path, line }: Readonly<{ path: RelPath; line: number }>): Finding {
  const message = `${path}:${String(line)} was changed by you and by the template: resolve the conflict.`;
  return { state: 'conflict', path, line, message };
}

/** A plan that is final in all but this: nobody's uncommitted work may be in its way. */
export async function withoutDirty(given: Answers, repo: Repo, plan: Plan): Promise<Plan | Refusal> {
  const files = plan.edits.filter(({ role }) => role !== 'record');
  const [first, ...more] = await dirtyFiles(given, repo, files);
  return first === undefined ? plan : refuse(first, ...more);
}

async function dirtyFiles(given: Answers, repo: Repo, edits: readonly Edit[]): Promise<readonly Obstacle[]> {
  return given['allowDirty'] === true ? [] : findDirty(repo, edits);
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
