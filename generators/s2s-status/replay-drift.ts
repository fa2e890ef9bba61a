import type { Edit } from '../_engine/model/edit.ts';
import type { Finding } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { isEnvironment, type Role } from '../_engine/model/roles.ts';
import { openDraft } from '../_engine/repo/draft.ts';
import { readRecord } from '../_engine/record/record.ts';
import { type HowToRun, type RecordedCall, replay } from '../_engine/plan/replay.ts';
import { textAfter } from '../_engine/repo/repo.ts';

/** What the recorded runs would do today, were they made again: everything that they would change has drifted. */
export async function findReplayDrift(
  repo: Repo,
  calls: readonly RecordedCall[],
  given: HowToRun,
): Promise<readonly Finding[]> {
  const draft = openDraft(repo);
  const record = readRecord(repo);
  const findings: Finding[] = [];
  for (const call of calls) {
    const replayed = await replay(call, draft.repo, 'mark', given);
    if (replayed === undefined) continue;
    const { plan, generator } = replayed;
    if (!plan.ok) {
      // Markers are found where the files are looked at.
      for (const { at, message } of plan.obstacles.filter(({ code }) => code !== 'E_MERGE_MARKERS'))
        findings.push({ state: 'blocked', path: (at?.path ?? '') as Finding['path'], message });
      continue;
    }
    draft.include(plan);
    // A recorded file that is gone is found where the files are looked at.
    const isFound = ({ kind, path }: Edit): boolean =>
      kind === 'create' && record.files[path]?.text !== undefined;
    for (const edit of plan.edits.filter((one) => one.role !== 'record' && !isFound(one)))
      findings.push(findingOf(edit, generator));
  }
  return findings;
}

function findingOf(edit: Edit, generator: string): Finding {
  const { path, role } = edit;
  const [first] = edit.kind === 'patch' ? edit.changes : [];
  const line = edit.kind === 'patch' ? edit.base.slice(0, first?.start ?? 0).split('\n').length : 1;
  const added = firstAddedLine(edit);
  const state = stateOf(role);
  const message =
    state === 'outdated'
      ? `${path} is not what today's ${generator} gives: s2s-upgrade brings it up to date.`
      : `${path} lacks what ${generator} put there: ${added}`;
  return { state, path, line, message };
}

function stateOf(role: Role): 'unwired' | 'undeclared' | 'outdated' {
  if (role === 'registration' || role === 'manifest') return 'unwired';
  return isEnvironment(role) ? 'undeclared' : 'outdated';
}

function firstAddedLine(edit: Edit): string {
  const before = new Set(edit.kind === 'patch' ? edit.base.split('\n') : []);
  return (
    (textAfter(edit) ?? '')
      .split('\n')
      .find((line) => !before.has(line))
      ?.trim() ?? ''
  );
}
