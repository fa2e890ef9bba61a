import { findService } from '../_engine/facts/app/service.ts';
import { findAuthService } from '../_engine/facts/auth/auth-service.ts';
import { findEnvExamples } from '../_engine/facts/config/config.ts';
import type { Edit, Finding } from '../_engine/model/plan.ts';
import { ignoreRefusal, type Obstacle, obstaclesOf } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Contract } from '../_engine/model/generator.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { isEnvironment, type Role } from '../_engine/model/roles.ts';
import type { ServiceHead } from '../_engine/model/service.ts';
import { rebuildTexts } from '../_engine/plan/merge-base.ts';
import type { RecordedCall } from '../_engine/plan/recorded-calls.ts';
import { type HowToRun, replay } from '../_engine/plan/replay.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { hashCode } from '../_engine/record/hash.ts';
import { readRecord } from '../_engine/record/record.ts';
import type { S2sRecord } from '../_engine/record/s2s-record.ts';
import { openDraft } from '../_engine/repo/draft.ts';
import { findRecords, hasMergeMarkers } from '../_engine/repo/record-text.ts';
import { textAfter } from '../_engine/repo/repo.ts';

/** Generated files that are gone, are not as they were written, or hold the markers of a merge. */
export async function findFileDrift(
  repo: Repo,
  record: S2sRecord,
  given: HowToRun,
): Promise<readonly Finding[]> {
  return [...findRecordDrift(repo), ...(await findGeneratedDrift(repo, record, given))];
}

/** Merges of a record that git has left to somebody. */
function findRecordDrift(repo: Repo): readonly Finding[] {
  const message = 'Two branches changed the record: s2s-status --fix merges them.';
  return findRecords(repo)
    .filter(({ text }) => hasMergeMarkers(text))
    .map(({ path }) => ({ state: 'conflict', path, message }));
}

async function findGeneratedDrift(
  repo: Repo,
  record: S2sRecord,
  given: HowToRun,
): Promise<readonly Finding[]> {
  const found = Object.entries(record.files).flatMap(([key, file]): readonly Finding[] => {
    const path = key as RelPath;
    if (file.kind !== 'generated') return [];
    const text = repo.read(path);
    if (text === undefined)
      return [{ state: 'missing', path, message: `${path} was generated and then deleted.` }];
    const marker = /^<{7} /m.exec(text);
    if (marker !== null) {
      const line = lineAt(text, marker.index);
      return [{ state: 'conflict', path, line, message: `${path} contains merge conflict markers.` }];
    }
    if (hashCode(path, text) === file.hash) return [];
    return [{ state: 'edited', path, message: `${path} was edited since it was generated.` }];
  });
  const edited = found.filter(({ state }) => state === 'edited').map(({ path }) => path);
  const bases = edited.length === 0 ? new Map<RelPath, string>() : await rebuildTexts(repo, edited, given);
  return found.map((finding) => {
    const base = finding.state === 'edited' ? bases.get(finding.path) : undefined;
    if (base === undefined) return finding;
    return { ...finding, line: firstDifference(base, repo.read(finding.path) ?? '') };
  });
}

function firstDifference(before: string, after: string): number {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return now.findIndex((line, index) => line !== old[index]) + 1 || Math.min(old.length, now.length);
}

/** What has drifted from the recorded runs, and what other services do not keep that these rely on. */
export async function findRunDrift(
  repo: Repo,
  calls: readonly RecordedCall[],
  given: HowToRun,
): Promise<readonly Finding[]> {
  const contracts: Contract[] = [];
  for (const { answers, generator, services } of calls) {
    for (const service of services) {
      const contract = await generator?.contract?.(repo, service, answers).catch(ignoreRefusal);
      if (contract !== undefined) contracts.push(contract);
    }
  }
  const settled = new Set(contracts.flatMap((one) => one.settled));
  const drift = await findReplayDrift(repo, calls, given);
  return [
    ...drift.filter(({ path, state }) => state !== 'outdated' || !settled.has(path)),
    ...contracts.flatMap((one) => one.findings),
  ];
}

/** What the recorded runs would do today, were they made again: everything that they would change has drifted. */
async function findReplayDrift(
  repo: Repo,
  calls: readonly RecordedCall[],
  given: HowToRun,
): Promise<readonly Finding[]> {
  const draft = openDraft(repo);
  const record = readRecord(repo);
  const findings: Finding[] = [];
  for (const call of calls) {
    try {
      const plan = await replay(call, draft.repo, 'mark', given);
      if (plan === undefined) continue;
      await draft.include(plan);
      // A recorded file that is gone is found where the files are looked at.
      const isFound = ({ kind, path }: Edit): boolean =>
        kind === 'create' && record.files[path]?.kind === 'generated';
      for (const edit of plan.edits.filter((one) => one.role !== 'record' && !isFound(one)))
        findings.push(findingOf(edit, call.id));
    } catch (error) {
      findings.push(...obstaclesOf(error).filter(isNews).map(blockedBy));
    }
  }
  return findings;
}

/** Markers are found where the files are looked at. */
function isNews({ code }: Obstacle): boolean {
  return code !== 'E_MERGE_MARKERS';
}

function blockedBy({ at, message }: Obstacle): Finding {
  return { state: 'blocked', path: (at?.path ?? '') as Finding['path'], message };
}

function findingOf(edit: Edit, generator: string): Finding {
  const { path, role } = edit;
  const [first] = edit.kind === 'patch' ? edit.changes : [];
  const line = edit.kind === 'patch' ? lineAt(edit.base, first?.start ?? 0) : 1;
  const added = firstAddedLine(edit);
  const state = stateOf(role);
  const message =
    state === 'outdated'
      ? `${path} differs from the current template of ${generator}: run s2s-upgrade.`
      : `${path} lacks lines that ${generator} added: ${added}`;
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

const localUrl = /^AUTH_SERVICE_URL=https?:\/\/(?:localhost|127\.0\.0\.1):(\d+)/m;

/** Example files that look for the auth service on a port of this machine which its own code does not listen on. */
export function findUnreachable(repo: Repo, heads: readonly ServiceHead[]): readonly Finding[] {
  const examples = new Set(heads.flatMap((head) => findEnvExamples(openSurvey(repo, head))));
  const listed = [...examples].flatMap((path) => {
    const text = repo.read(path) ?? '';
    const match = localUrl.exec(text);
    return match?.[1] === undefined ? [] : [{ path, port: match[1], line: lineAt(text, match.index) }];
  });
  if (listed.length === 0) return [];
  const auth = findAuthService(repo, heads);
  const service = auth && findService(repo, auth.dir);
  const port = service?.app.listen.defaultPort;
  if (service === undefined || port === undefined) return [];
  return listed
    .filter((one) => one.port !== String(port))
    .map(({ path, line, port: other }) => ({
      state: 'unreachable',
      path,
      line,
      message: `AUTH_SERVICE_URL points to port ${other}, but ${service.name} listens on ${String(port)}.`,
    }));
}

/** 1-based line of a UTF-16 offset. */
function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
