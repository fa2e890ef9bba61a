import type { RunAnswers } from '../_engine/model/generator.ts';
import type { Finding, Plan } from '../_engine/model/plan.ts';
import { obstaclesOf } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { openDraft } from '../_engine/repo/draft.ts';
import { readRecord } from '../_engine/record/record.ts';
import { recordedCalls } from '../_engine/plan/recorded-calls.ts';
import { finishMove, startMove } from './move-copies.ts';
import { replay } from '../_engine/plan/replay.ts';

/**
 * Plans every recorded run again, each on what the one before leaves. Files that were edited are merged; where you and
 * the template changed the same lines, both stand between markers, and each place is a finding.
 */
export async function planUpgrade({ shared, targets, ...given }: RunAnswers, repo: Repo): Promise<Plan> {
  const draft = openDraft(repo);
  const record = readRecord(repo);
  const calls = await recordedCalls(record, targets.length === 0 ? undefined : targets);
  if (calls.length === 0) draft.note('Nothing is recorded in .s2s.json, so there is nothing to upgrade.');
  const findings: Finding[] = [];
  const move = shared === undefined || shared === 'none' ? undefined : await startMove(draft, calls, shared);
  for (const call of draft.failed ? [] : calls) {
    const how =
      move?.services.some((dir) => call.services.includes(dir)) === true ? { ...given, shared } : given;
    try {
      const plan = await replay(call, draft.repo, 'mark', how);
      if (plan === undefined) draft.note(`${call.id} is not in this version: its output was not changed.`);
      else {
        // What a generator says when it is run first is not news any more.
        const notes = plan.edits.length > 0 ? (plan.formatNotes ?? []) : [];
        await draft.include({ ...plan, notes });
        findings.push(...(plan.findings ?? []));
      }
    } catch (error) {
      draft.obstruct(...obstaclesOf(error));
    }
  }
  if (move !== undefined && !draft.failed) await finishMove(draft, repo, move, given);
  return { ...draft.finish(), findings };
}
