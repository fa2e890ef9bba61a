import type { RunAnswers } from '../_engine/model/generator.ts';
import { ignoreRefusal, type Obstacle } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { formatTexts, rebuildTexts, withoutGenerated } from '../_engine/plan/merge-base.ts';
import { recordedCalls } from '../_engine/plan/recorded-calls.ts';
import { renderRun, type Wanted } from '../_engine/plan/render-run.ts';
import { replay } from '../_engine/plan/replay.ts';
import { mergeTexts } from '../_engine/plan/resolve-existing.ts';
import { hashCode } from '../_engine/record/hash.ts';
import { writeRecord } from '../_engine/record/record.ts';
import { generatedFile, type S2sRecord } from '../_engine/record/s2s-record.ts';
import { packVersion } from '../_engine/record/version.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { recordPathIn } from '../_engine/repo/record-text.ts';
import { surveyHeads } from '../_engine/repo/services.ts';

/** `left` is the record without what is reverted, `shared` the generated files that stay without some of their parts. */
interface Sharing {
  readonly draft: Draft;
  readonly repo: Repo;
  readonly left: S2sRecord;
  readonly shared: readonly RelPath[];
}

/**
 * Writes the record, and has the runs that stay render the files that the others rendered into. Their edits are kept; no
 * line comes from the record.
 */
export async function revertShared(
  { draft, left, repo, shared }: Sharing,
  { format }: RunAnswers,
): Promise<void> {
  const wanted = shared.length === 0 ? [] : await renderLeft(draft.repo, left, shared);
  const files = { ...left.files };
  for (const { path, text } of wanted) {
    const file = generatedFile(left, path);
    if (file !== undefined) files[path] = { ...file, hash: hashCode(path, text) };
  }
  for (const edit of writeRecord(repo, { ...left, files })) draft.add(edit);
  if (shared.length === 0) return;
  const site = { repo, heads: surveyHeads(repo) };
  const [bases, texts] = [
    await rebuildTexts(repo, shared, { format }),
    await formatTexts(site, wanted, { format }),
  ];
  for (const path of shared) {
    const [mine, base, text] = [repo.read(path), bases.get(path), texts.get(path)];
    if (mine === undefined) continue;
    const isUnedited = generatedFile(left, path)?.hash === hashCode(path, mine);
    const merged = text === undefined ? undefined : isUnedited ? text : merge(base, mine, text);
    if (merged === undefined) draft.obstruct(unlike(left, path));
    else draft.create(path, generatedFile(left, path)?.role ?? 'source', merged);
  }
  const changed = new Set<string>(shared);
  for (const call of draft.failed ? [] : await recordedCalls({ ...left, files })) {
    const plan = await replay(call, draft.repo, 'mark', { format }).catch(ignoreRefusal);
    for (const { path } of plan?.edits ?? []) if (changed.has(path)) draft.obstruct(unlike(left, path));
  }
}

/** What the runs that stay render, each on what the one before leaves, as if nothing had been generated. */
async function renderLeft(repo: Repo, left: S2sRecord, shared: readonly RelPath[]): Promise<Wanted> {
  const draft = openDraft(withoutGenerated(repo, left));
  const found = new Map<RelPath, Wanted[number]>();
  for (const call of await recordedCalls(left)) {
    const site = { repo: draft.repo, heads: surveyHeads(draft.repo) };
    for (const file of call.generator === undefined ? [] : await renderRun(site, call.generator, call)) {
      draft.create(file.path, file.role, file.text);
      if (shared.includes(file.path)) found.set(file.path, file);
    }
  }
  return [...found.values()];
}

function merge(base: string | undefined, mine: string, text: string): string | undefined {
  if (base === undefined) return undefined;
  const merged = mergeTexts(base, mine, text, `plop-pack-s2s ${packVersion}`);
  return merged.conflicts.length === 0 ? merged.text : undefined;
}

function unlike(left: S2sRecord, path: RelPath): Obstacle {
  return {
    code: 'E_RECORD',
    at: { path: recordPathIn(generatedFile(left, path)?.home ?? path) },
    message: `Undoing this would leave ${path} unlike what current templates render for the runs that stay.`,
    remedy:
      'Run s2s-upgrade first. If it changes nothing, undo by hand, or undo the generator that made the file.',
  };
}
