import type { Edit, Plan } from '../model/plan.ts';
import type { Answers, Generator, Site } from '../model/generator.ts';
import { assertNone, type Obstacle } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { ServiceHead } from '../model/service.ts';
import { findDirty } from '../record/git.ts';
import { ownAnswers } from '../generator/answers.ts';
import { recordEdits } from '../record/record.ts';
import { formatInServices, readersOf } from './in-services.ts';
import { rebuildTexts } from './merge-base.ts';
import { type OnConflict, resolveExisting } from './resolve-existing.ts';
import { usedBefore } from '../facts/config/config.ts';
import { packVersion } from '../record/version.ts';
import { proveEdit } from './prove.ts';
import { textAfter } from '../repo/repo.ts';
import { isWholeFile } from '../model/roles.ts';
import { parseSource, syntaxErrors } from '../syntax/tree.ts';

/** A run: `given` are its flags, `answers` those with the answers to questions, `served` the services that it changes. */
export interface FinishedRun {
  readonly id: string;
  readonly generator: Pick<Generator, 'target' | 'questions' | 'join'>;
  readonly given: Answers;
  readonly answers: Answers;
  readonly served: readonly ServiceHead[];
  /** By the folder of a service: that of the package that it shares. */
  readonly sharing?: ReadonlyMap<RelPath, RelPath>;
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
  const unrecorded = edits.filter((edit) => !isRecord(edit));
  const dirty = run.given['allowDirty'] === true ? [] : await findDirty(site.repo, unrecorded);
  const provable = isRecorded ? [] : edits.filter(({ path }) => !isConflict(settled.plan, path));
  assertNone([...settled.obstacles, ...dirty, ...proveEdits(provable)]);
  const records = isRecorded ? edits.filter(isRecord) : recordsOf(run, site, edits, plan.wanted ?? []);
  // Where the formatter must not run for the code, it does not run for the record either.
  const isFormatted = records.length > 0 && (settled.plan.formatNotes ?? []).length === 0;
  const written = isFormatted ? (await formatInServices(site, records, run.given)).edits : records;
  return { ...settled.plan, edits: [...edits.filter((edit) => !isRecord(edit)), ...written] };
}

function isRecord({ role }: Edit): boolean {
  return role === 'record';
}

/** Formatted, and resolved against the generated files that exist. */
async function settlePlan(
  { given, onConflict }: FinishedRun,
  { repo, heads }: Site,
  plan: Plan,
): Promise<Readonly<{ plan: Plan; obstacles: readonly Obstacle[] }>> {
  const formatted = await formatInServices({ repo, heads }, plan.edits, given);
  const { edits, obstacles, findings } = await resolveExisting(repo, formatted.edits, {
    force: given['force'] === true,
    ...(onConflict && { onConflict }),
    rebuild: (paths) => rebuildTexts(repo, paths, given),
  });
  const formatNotes = [...new Set(formatted.notes)];
  const notes = [...plan.notes, ...formatNotes, ...formatted.lintNotes];
  return { plan: { ok: true, edits, notes, formatNotes, findings }, obstacles };
}

function recordsOf(
  { id, generator, answers, served, sharing = new Map() }: FinishedRun,
  { repo, heads }: Site,
  edits: readonly Edit[],
  wanted: NonNullable<Plan['wanted']>,
): readonly Edit[] {
  return recordEdits(repo, edits, wanted, {
    generator: id,
    version: packVersion,
    services: served.map((head) => head.dir),
    sharing,
    answers: ownAnswers(generator.questions, answers),
    join: generator.join?.bind(generator),
    usedBefore: (edit) => usedBefore(repo, readersOf(heads, edit.path), edit),
  });
}

function isConflict({ findings = [] }: Plan, path: RelPath): boolean {
  return findings.some((finding) => finding.state === 'conflict' && finding.path === path);
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
