import { join } from 'node:path';

import type { AgentName } from 'package-manager-detector';
import { resolveCommand } from 'package-manager-detector/commands';

import { apply } from '../apply/apply.ts';
import { recoverFirst } from '../apply/recover.ts';
import {
  type BuiltCommits,
  buildCommits,
  commitLockfiles,
  moveBranch,
  planCommits,
  type SplitChange,
} from '../apply/split-commits.ts';
import { compareTypes } from '../apply/type-check.ts';
import { surveyTooling } from '../facts/tooling.ts';
import { dirnameRel, type RelPath } from '../model/paths.ts';
import type { Plan } from '../model/plan.ts';
import { obstaclesOf } from '../model/obstacle.ts';
import { withRunCaches } from '../model/run-caches.ts';
import { diffOf } from '../plan/diff.ts';
import { makePlan, type Planned, type PlanRequest } from '../plan/run.ts';
import { openRepo } from '../repo/repo.ts';
import { changesOf, type Outcome, refused, type Status } from './outcome.ts';

/** A run in two halves, because plop asks and acts in different places: decided, and nothing written yet. */
export interface Decided {
  readonly outcome: Outcome;
  /** The unified diff of the plan, for a dry run that is read by people; else empty. */
  readonly diff: string;
  /** Writes the plan and tells what came of it; absent when there is nothing to write. */
  readonly commit?: () => Promise<Outcome>;
}

/** Plans; every expected obstacle becomes an outcome. `command` is what the user typed up to the flags. */
export async function decide(request: PlanRequest, command: string): Promise<Decided> {
  const start = { generator: request.id, command };
  try {
    const recovered = recoverFirst(request);
    const planned = await makePlan(request);
    const again = `${command} ${planned.flags}`;
    const services = planned.targets.map(({ name }) => name);
    const subject = { generator: request.id, services, command: again };
    const isSplit = request.given['split'] === true && planned.plan.edits.length > 0;
    const split = isSplit ? await planCommits(request.root, planned.plan, subject) : undefined;
    return decided(request, withRecovery(planned, recovered, request), again, split);
  } catch (error) {
    return { outcome: refused(start, obstaclesOf(error), openRepo(request.root)), diff: '' };
  }
}

/** Says what became of a run that was killed, where there was one or where it was asked for. */
function withRecovery(planned: Planned, recovered: boolean, { given }: PlanRequest): Planned {
  if (!recovered && given['recover'] !== true) return planned;
  const note = recovered
    ? 'A previous run was interrupted; its partial changes were rolled back.'
    : 'No interrupted run was found.';
  return { ...planned, plan: { ...planned.plan, notes: [note, ...planned.plan.notes] } };
}

function decided(
  { id, given, root }: PlanRequest,
  planned: Planned,
  command: string,
  split: SplitChange | undefined,
): Decided {
  const { plan } = planned;
  const outcome = outcomesOf(id, planned, command);
  const isShown = given['dryRun'] === true && given['json'] !== true;
  const diff = isShown ? diffOf(plan.edits) : '';
  if (plan.edits.length === 0) return { outcome: outcome(statusAfter(plan, 'unchanged'), []), diff };
  const installs = installCommands(root, planned);
  const next = given['install'] === true ? [] : installs.map(({ text }) => text);
  if (given['dryRun'] === true) return { outcome: outcome('planned', next), diff };
  const commit = async (): Promise<Outcome> => {
    try {
      const built = await withRunCaches(() =>
        applyChecked(root, planned, { check: given['check'] === true, split }),
      );
      if (built !== undefined && !(await moveBranch(root, built)))
        return { ...outcome('failed', next), notes: [...plan.notes, notCommitted] };
      const failed = given['install'] === true ? await failedOf(installs) : [];
      const isCommitted =
        split === undefined || built === undefined || (await commitLockfiles(root, split, built));
      const notes = [
        ...plan.notes,
        ...failed.map((text) => `${text} failed: run it again. The listed files were changed.`),
        ...(isCommitted ? [] : [lockfileNotCommitted]),
      ];
      const done = outcome(failed.length === 0 ? statusAfter(plan, 'applied') : 'failed', failed);
      return { ...done, notes, next: failed.length === 0 ? next : failed };
    } catch (error) {
      return refused({ generator: id, command }, obstaclesOf(error), openRepo(root));
    }
  };
  return { outcome: outcome('planned', next), diff, commit };
}

/** What a plan comes to, by its status and what is left to do. */
function outcomesOf(
  id: string,
  { plan, targets }: Planned,
  command: string,
): (status: Status, next: readonly string[]) => Outcome {
  return (status, next) => ({
    schema: 1,
    generator: id,
    status,
    targets: targets.map(({ name, dir }) => ({ service: name, root: dir })),
    changes: changesOf(plan),
    obstacles: [],
    findings: plan.findings ?? [],
    ...(plan.output !== undefined && { output: plan.output }),
    notes: plan.notes,
    next,
    command,
  });
}

const notCommitted = 'The listed files were changed, but not committed: the branch has moved meanwhile.';

const lockfileNotCommitted =
  'The lockfile was changed, but not committed: the branch or a listed file has changed meanwhile.';

/** Writes a plan; the commits that it makes of it are nobody's yet. @throws RefusalError */
async function applyChecked(
  root: string,
  { plan, targets }: Planned,
  { check, split }: Readonly<{ check: boolean; split: SplitChange | undefined }>,
): Promise<BuiltCommits | undefined> {
  const checkTypes = check ? await compareTypes(root, targets) : undefined;
  let built: BuiltCommits | undefined;
  const verify = async (stopped: AbortSignal): Promise<void> => {
    await checkTypes?.(stopped);
    if (split !== undefined) built = await buildCommits(root, split);
  };
  await apply(plan, root, checkTypes === undefined && split === undefined ? {} : { verify });
  return built;
}

/** Findings in files that the plan writes are conflicts that it leaves; others are what has drifted. */
function statusAfter({ edits, findings = [] }: Plan, status: Status): Status {
  if (findings.length === 0) return status;
  const written = new Set(edits.map(({ path }) => path));
  return findings.every(({ path, state }) => state === 'conflict' && written.has(path))
    ? 'conflicts'
    : 'drift';
}

interface InstallCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** As a user would type it from the root. */
  readonly text: string;
}

/** What installs the dependencies that a plan adds: one command for each folder whose lockfile rules some of them. */
function installCommands(root: string, { plan, targets }: Planned): readonly InstallCommand[] {
  const manifests = plan.edits.filter((edit) => edit.role === 'manifest');
  const changed = new Set(manifests.map(({ path }) => dirnameRel(path)));
  const repo = openRepo(root);
  const managers = new Map<RelPath, AgentName>();
  for (const head of targets.filter(({ manifest }) => changed.has(dirnameRel(manifest.path)))) {
    const { packageManager, installRoot } = surveyTooling(repo, head);
    managers.set(installRoot, packageManager);
  }
  return [...managers].flatMap(([installRoot, manager]) => commandIn(root, installRoot, manager));
}

function commandIn(root: string, installRoot: RelPath, manager: AgentName): readonly InstallCommand[] {
  const resolved = resolveCommand(manager, 'install', []);
  if (resolved === null) return [];
  const { args, command } = resolved;
  const enter = installRoot === '' ? [] : [`cd ${installRoot} &&`];
  const text = [...enter, command, ...args].join(' ');
  return [{ file: command, args, cwd: join(root, installRoot), text }];
}

/** Runs each of them, one after another, and gives those that failed. */
async function failedOf(installs: readonly InstallCommand[]): Promise<readonly string[]> {
  const { execa } = await import('execa');
  const io = { stdin: 'ignore', stdout: process.stderr, stderr: 'inherit' } as const;
  const failed: string[] = [];
  for (const { args, cwd, file, text } of installs)
    if ((await execa(file, args, { cwd, reject: false, ...io })).failed) failed.push(text);
  return failed;
}
