import type { Answers, Site } from '../model/generator.ts';
import { ignoreRefusal } from '../model/obstacle.ts';
import type { RelPath } from '../model/paths.ts';
import type { Edit } from '../model/plan.ts';
import type { Repo } from '../model/repo.ts';
import { hashCode } from '../record/hash.ts';
import { readRecord } from '../record/record.ts';
import { generatedFile, type S2sRecord } from '../record/s2s-record.ts';
import { takeOut } from '../record/take-out.ts';
import { packVersion } from '../record/version.ts';
import { Overlay } from '../repo/draft.ts';
import { textAfter } from '../repo/repo.ts';
import { surveyHeads } from '../repo/services.ts';
import { formatInServices } from './in-services.ts';
import { type RecordedCall, recordedCalls } from './recorded-calls.ts';
import { findReleased } from './released.ts';
import { renderRecorded, type Wanted } from './render-run.ts';

/**
 * The texts that generated files had when they were rendered last: the recorded runs, rendered again by the templates of
 * their version and formatted by the formatter of today. What has another hash than the recorded one is left out.
 */
export async function rebuildTexts(
  repo: Repo,
  paths: readonly RelPath[],
  given: Answers,
): Promise<ReadonlyMap<RelPath, string>> {
  const record = readRecord(repo);
  const found = new Map<RelPath, Wanted[number]>();
  const isLeft = (path: RelPath): boolean => !found.has(path);
  // As it is, a generator finds what it made; where an edit hides that, it finds what was there before.
  for (const state of [() => repo, () => withoutGenerated(repo, record)]) {
    if (!paths.some(isLeft)) break;
    for (const file of await renderCalls(state(), record, paths.filter(isLeft)))
      if (generatedFile(record, file.path)?.hash === hashCode(file.path, file.text) && isLeft(file.path))
        found.set(file.path, file);
  }
  const wanted = [...found.values()].filter(({ path }) => paths.includes(path));
  return formatTexts({ repo, heads: surveyHeads(repo) }, wanted, given);
}

/** Texts as the formatter of their service leaves them. */
export async function formatTexts(
  site: Site,
  wanted: Wanted,
  given: Answers,
): Promise<ReadonlyMap<RelPath, string>> {
  const edits = wanted.map((file): Edit => ({ kind: 'create', ...file }));
  const formatted = await formatInServices(site, edits, given);
  return new Map(formatted.edits.map((edit) => [edit.path, textAfter(edit) ?? '']));
}

async function renderCalls(repo: Repo, record: S2sRecord, paths: readonly RelPath[]): Promise<Wanted> {
  const makers = new Set<string>();
  for (const path of paths) {
    const file = generatedFile(record, path);
    for (const id of file === undefined ? [] : [file.generator, ...file.also])
      makers.add(`${id}@${file?.version ?? ''}`);
  }
  const wanted: Wanted[number][] = [];
  for (const maker of makers) {
    const [id, version = ''] = maker.split('@');
    for (const call of (await recordedCalls(record)).filter((one) => one.id === id))
      wanted.push(...((await renderCall(repo, { ...call, version }).catch(ignoreRefusal)) ?? []));
  }
  return wanted;
}

async function renderCall(repo: Repo, call: RecordedCall): Promise<Wanted> {
  const renderer = call.version === packVersion ? { renderRecorded } : findReleased(call.version);
  return (await renderer?.renderRecorded(repo, call)) ?? [];
}

/** The repo without generated files, and without what is found of the insertions; the records stay. */
export function withoutGenerated(repo: Repo, { files }: S2sRecord): Repo {
  const laid = new Overlay(repo);
  for (const [key, file] of Object.entries(files)) {
    const path = key as RelPath;
    const text = repo.read(path);
    if (text === undefined) continue;
    const insertions = file.kind === 'patched' ? file.patches.flatMap((patch) => patch.insertions) : [];
    laid.lay(
      path,
      file.kind === 'generated' ? undefined : takeOut(path, text, insertions, new Set(insertions)).text,
    );
  }
  return laid.state;
}
