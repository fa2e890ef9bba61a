import type { RunAnswers } from '../_engine/model/generator.ts';
import type { Finding, Plan } from '../_engine/model/plan.ts';
import { ignoreRefusal } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { ServiceHead } from '../_engine/model/service.ts';
import { adoptRecord } from '../_engine/plan/adopt.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { readRecord, writeRecord } from '../_engine/record/record.ts';
import { findRecords, hasMergeMarkers } from '../_engine/repo/record-text.ts';
import type { S2sRecord } from '../_engine/record/s2s-record.ts';
import { recordedCalls } from '../_engine/plan/recorded-calls.ts';
import { type HowToRun, replay } from '../_engine/plan/replay.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import { findFileDrift, findRunDrift, findUnreachable } from './drift.ts';

export interface StatusAnswers extends RunAnswers {
  readonly fix: boolean;
  readonly rebuildRecord: boolean;
  readonly allow: readonly ('edited' | 'outdated')[];
}

/**
 * Compares the repo with its record: one finding for each piece that does not stand as it was generated, in the order
 * of paths. With `fix` the plan puts back what is gone; files that exist stay as they are, and what is left is found.
 */
export async function planStatus(answers: StatusAnswers, repo: Repo): Promise<Plan> {
  const draft = openDraft(repo);
  const { allow, rebuildRecord, targets } = answers;
  const wanted = targets.length === 0 ? undefined : targets;
  const heads = surveyHeads(repo);
  // Without --fix nothing is written: a run that only reads.
  const given = { format: answers.format, dryRun: answers.dryRun === true || !answers.fix };
  for (const edit of rebuildRecord ? await adoptRecord(repo, heads) : []) draft.add(edit);
  noteInstalled(draft, readRecord(draft.repo), heads, wanted);
  if (answers.fix) await fix(draft, heads, wanted, given);

  const record = readRecord(draft.repo);
  const isWanted = ({ path }: Finding): boolean =>
    wanted?.some((dir) => dir === '' || path === dir || path.startsWith(`${dir}/`)) !== false;
  const findings = [
    ...findOrphans(record, heads),
    ...(await findFileDrift(draft.repo, record, given)),
    ...(await findRunDrift(draft.repo, await liveCalls(record, heads, wanted), given)),
    ...findUnreachable(draft.repo, heads),
  ];
  const left = findings.filter(
    (finding) => isWanted(finding) && !allow.some((state) => state === finding.state),
  );
  return { ...draft.finish(), findings: left.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** Creates what is gone and wires what is not; joins a record of two branches, and takes services that are gone off. */
async function fix(
  draft: Draft,
  heads: readonly ServiceHead[],
  wanted: readonly string[] | undefined,
  given: HowToRun,
): Promise<void> {
  const record = readRecord(draft.repo);
  if (findRecords(draft.repo).some(({ text }) => hasMergeMarkers(text)))
    for (const edit of writeRecord(draft.repo, record)) draft.add(edit);
  const dirs = heads.map(({ dir }): string => dir);
  const orphans = Object.keys(record.services).filter((service) => !dirs.includes(service));
  if (wanted === undefined && orphans.length > 0) {
    const isOrphan = (path: string): boolean =>
      orphans.some((dir) => path === dir || path.startsWith(`${dir}/`));
    const without = <T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
      Object.fromEntries(Object.entries(entries).filter(([path]) => !isOrphan(path)));
    const left = { services: without(record.services), files: without(record.files) };
    for (const edit of writeRecord(draft.repo, left)) draft.add(edit);
  }
  // What is missing is rendered again: a text that stands in the record alone may be anybody's.
  for (const call of await liveCalls(readRecord(draft.repo), heads, wanted)) {
    const plan = await replay(call, draft.repo, 'keep', given).catch(ignoreRefusal);
    if (plan !== undefined) await draft.include({ ...plan, notes: [] });
  }
}

/** The recorded runs on services that are still there. */
function liveCalls(
  record: S2sRecord,
  heads: readonly ServiceHead[],
  wanted: readonly string[] | undefined,
): ReturnType<typeof recordedCalls> {
  const dirs = heads.map(({ dir }): string => dir);
  return recordedCalls(
    record,
    dirs.filter((dir) => wanted?.includes(dir) !== false),
  );
}

function findOrphans(record: S2sRecord, heads: readonly ServiceHead[]): readonly Finding[] {
  const dirs = heads.map(({ dir }): string => dir);
  return Object.keys(record.services)
    .filter((service) => !dirs.includes(service))
    .map((service) => ({
      state: 'orphaned',
      path: service as Finding['path'],
      message: `${service} is recorded, but there is no Fastify service any more.`,
    }));
}

/** What is installed where, at which version of the templates. */
function noteInstalled(
  draft: Draft,
  { services }: S2sRecord,
  heads: readonly ServiceHead[],
  wanted: readonly string[] | undefined,
): void {
  if (Object.keys(services).length === 0) draft.note('Nothing is recorded in .s2s.json.');
  for (const [service, runs] of Object.entries(services)) {
    if (wanted?.includes(service) === false) continue;
    const name = heads.find(({ dir }) => dir === service)?.name ?? service;
    const list = Object.entries(runs).map(([generator, { version }]) => `${generator} ${version}`);
    draft.note(`${name} has ${list.join(', ')}.`);
  }
}
