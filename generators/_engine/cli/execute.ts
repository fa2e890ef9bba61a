import { apply } from '../apply/apply.ts';
import { changesOf, refused, type Outcome, type Status } from './outcome.ts';
import type { RelPath } from '../model/paths.ts';
import type { Plan } from '../model/plan.ts';
import { RefusalError } from '../model/refusal.ts';
import { diffOf } from '../plan/diff.ts';
import { recoverFirst } from '../apply/recover.ts';
import { makePlan, type Planned, type PlanRequest } from '../plan/run.ts';
import { type InstallCommand, installCommands } from './install-command.ts';
import { checkFailed, newErrors, typeErrors } from '../apply/type-check.ts';
import { openRepo } from '../repo/repo.ts';
import { surveyModules } from '../facts/style/modules.ts';

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
    if ('obstacles' in planned)
      return { outcome: refused(start, planned.obstacles, openRepo(request.root)), diff: '' };
    return decided(request, withRecovery(planned, recovered, request), `${command} ${planned.flags}`);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    return { outcome: refused(start, error.obstacles, openRepo(request.root)), diff: '' };
  }
}

/** Says what became of a run that was killed, where there was one or where it was asked for. */
function withRecovery(planned: Planned, recovered: boolean, { given }: PlanRequest): Planned {
  if (!recovered && given['recover'] !== true) return planned;
  const note = recovered
    ? 'A run that was killed had left files half written: they are back as they were before it.'
    : 'No run has left anything half written.';
  return { ...planned, plan: { ...planned.plan, notes: [note, ...planned.plan.notes] } };
}

function decided({ id, given, root }: PlanRequest, planned: Planned, command: string): Decided {
  const { plan, targets } = planned;
  const outcome = (status: Status, next: readonly string[]): Outcome => ({
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
  const isShown = given['dryRun'] === true && given['json'] !== true;
  const diff = isShown ? diffOf(plan.edits) : '';
  if (plan.edits.length === 0) return { outcome: outcome(statusAfter(plan, 'unchanged'), []), diff };
  const installs = installCommands(root, planned);
  const next = given['install'] === true ? [] : installs.map(({ text }) => text);
  if (given['dryRun'] === true) return { outcome: outcome('planned', next), diff };
  const commit = async (): Promise<Outcome> => {
    try {
      await apply(plan, root, given['check'] === true ? { verify: await checkOf(root, planned) } : {});
      const failed = given['install'] === true ? await failedOf(installs) : [];
      if (failed.length === 0) return outcome(statusAfter(plan, 'applied'), next);
      const notes = failed.map((text) => `${text} failed: run it again. The files are changed, as listed.`);
      return { ...outcome('failed', failed), notes: [...plan.notes, ...notes] };
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      return refused({ generator: id, command }, error.obstacles, openRepo(root));
    }
  };
  return { outcome: outcome('planned', next), diff, commit };
}

/** Findings in files that the plan writes are conflicts that it leaves; others are what has drifted. */
function statusAfter({ edits, findings = [] }: Plan, status: Status): Status {
  if (findings.length === 0) return status;
  const written = new Set(edits.map(({ path }) => path));
  return findings.every(({ path, state }) => state === 'conflict' && written.has(path))
    ? 'conflicts'
    : 'drift';
}

/** Type-checks now, and gives what compares after the write. */
async function checkOf(root: string, { targets }: Planned): Promise<(stopped: AbortSignal) => Promise<void>> {
  const repo = openRepo(root);
  const tsconfigs = targets
    .map((head) => surveyModules(repo, head).tsconfig)
    .filter((path) => path !== undefined);
  const before = new Map<RelPath, readonly string[]>();
  for (const tsconfig of tsconfigs) before.set(tsconfig, await typeErrors(root, tsconfig));
  return async (stopped) => {
    for (const [tsconfig, errors] of before) {
      const worse = newErrors(errors, await typeErrors(root, tsconfig, stopped));
      if (worse.length > 0) throw new RefusalError(checkFailed(tsconfig, worse));
    }
  };
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
