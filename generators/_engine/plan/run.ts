import type { Answers, Choice, Generator, Site } from '../model/generator.ts';
import type { Plan } from '../model/plan.ts';
import { isObstacle, type Obstacle, type Refusal, RefusalError, refuse } from '../model/obstacle.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { asFlags, type Ask, completeAnswers } from '../generator/answers.ts';
import { editsByOwner, finalizePlan, withoutDirty } from './finalize.ts';
import { openDraft } from '../repo/draft.ts';
import { assertRecordedPlaces } from '../record/record-guard.ts';
import { openRepo } from '../repo/repo.ts';
import type { OnConflict } from './resolve-existing.ts';
import { withRunCaches } from '../model/run-caches.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import { findTarget, surveyHeads } from '../repo/services.ts';
import { globalFlags } from '../generator/options.ts';
import { findAuthService } from '../facts/auth/auth-service.ts';

/** What is to be planned: `given` are flags by their key, `root` is absolute. */
export interface PlanRequest {
  readonly id: string;
  readonly generator: Generator;
  readonly given: Answers;
  readonly root: string;
  /** Undefined where nobody can be asked: then every missing flag is listed. */
  readonly ask?: Ask | undefined;
  /** What becomes of generated files that were edited; default: merge, or refuse. */
  readonly onConflict?: OnConflict;
  /** Told after each service how many of how many are planned. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** A plan that is formatted, settled, proven and recorded: what is shown is what apply writes. */
export interface Planned {
  readonly plan: Plan;
  /** The services it was asked for, then others that it changes. */
  readonly targets: readonly ServiceHead[];
  /** The flags that give this plan again. */
  readonly flags: string;
}

/**
 * flags → survey → questions → plan → format → resolve → verify → record. Reads only, by default what is on the disk.
 * @throws RefusalError
 */
export function makePlan(request: PlanRequest, repo?: Repo): Promise<Planned | Refusal> {
  return withRunCaches(() => planOn(repo ?? openRepo(request.root), request));
}

async function planOn(repo: Repo, request: PlanRequest): Promise<Planned | Refusal> {
  const { generator, given } = request;
  const site: Site = { repo, heads: surveyHeads(repo) };
  const targets = await chooseTargets(generator, given, site, request.ask);
  if ('ok' in targets) return withMissingFlags(targets, request, site);
  const target = targets.heads.map((head) => (head.dir === '' ? head.name : head.dir));
  const answers = await completeAnswers(generator.questions, { ...given, target }, site, request.ask);
  if (isRefusal(answers)) return answers;

  const { final, served } =
    generator.target === 'recorded'
      ? await planRecorded(generator, answers, targets, site)
      : await planTargets(request, answers, targets, site);
  if (!final.ok) return final;
  const owned = editsByOwner(site.heads, final.edits);
  const changed = site.heads.filter((head) => owned.has(head));
  return {
    plan: final,
    targets: [...new Set([...served, ...changed])],
    flags: await flagsOf(generator, answers, site, targets.every && target.length > 0 ? ["'*'"] : target),
  };
}

/** Who has to add a flag is told of all that are missing. */
async function withMissingFlags(
  refusal: Refusal,
  { generator, given }: PlanRequest,
  site: Site,
): Promise<Refusal> {
  const isMissing = refusal.obstacles.every(({ code }) => code === 'E_MISSING_FLAG');
  const answers = isMissing ? await completeAnswers(generator.questions, given, site, undefined) : given;
  return isRefusal(answers) ? refuse(...refusal.obstacles, ...answers.obstacles) : refusal;
}

interface Finished {
  readonly final: Plan | Refusal;
  readonly served: readonly ServiceHead[];
}

/** What is about the record hands over a plan that is final. */
async function planRecorded(
  generator: Generator,
  answers: Answers,
  { heads }: Targets,
  { repo }: Site,
): Promise<Finished> {
  await assertRecordedPlaces(repo);
  const run = { target: toRel('.'), targets: heads.map(({ dir }) => dir) };
  const plan = await generator.plan({ ...answers, ...run }, repo);
  return { final: plan.ok ? await withoutDirty(answers, repo, plan) : plan, served: heads };
}

/** Plans target after target on one draft; `served` are those that could be. */
async function planTargets(
  request: PlanRequest,
  answers: Answers,
  { heads, every }: Targets,
  site: Site,
): Promise<Finished> {
  const draft = openDraft(site.repo);
  const served: ServiceHead[] = [];
  const targets = heads.map(({ dir }) => dir);
  const refusals: Refusal[] = [];
  for (const [index, head] of heads.entries()) {
    request.progress?.(index, heads.length);
    const plan = await planOrRefuse(request.generator, { ...answers, target: head.dir, targets }, draft.repo);
    if (plan.ok || !every) {
      draft.include(plan);
      served.push(head);
    } else {
      refusals.push(plan);
      draft.note(`${head.name} was skipped: ${plan.obstacles[0].message}`);
    }
  }
  request.progress?.(heads.length, heads.length);
  if (served.length === 0) for (const refusal of refusals) draft.include(refusal);
  const plan = draft.finish();
  const final = plan.ok ? await finalizePlan({ ...request, answers, served }, site, plan) : plan;
  return { final, served };
}

/** What a plan finds out late is a refusal like what it says itself. */
async function planOrRefuse(
  generator: Generator,
  answers: Parameters<Generator['plan']>[0],
  repo: Repo,
): Promise<Plan | Refusal> {
  try {
    return await generator.plan(answers, repo);
  } catch (error) {
    if (error instanceof RefusalError) return refuse(...error.obstacles);
    throw error;
  }
}

async function flagsOf(
  generator: Generator,
  answers: Answers,
  site: Site,
  target: readonly string[],
): Promise<string> {
  const shown = target.length === 0 ? [] : [`--target ${target.join(',')}`];
  return [...shown, await asFlags(generator.questions, answers, site), '--yes']
    .filter((part) => part !== '')
    .join(' ');
}

function isRefusal(answers: Answers | Refusal): answers is Refusal {
  return 'obstacles' in answers && Array.isArray(answers.obstacles);
}

/** The services that a run changes. With `'*'` those that cannot be served are noted; named ones must all succeed. */
interface Targets {
  readonly heads: readonly ServiceHead[];
  readonly every: boolean;
}

/** Finds what `--target` names, or the only service it can mean; asks on a terminal, else lists what it can be. */
async function chooseTargets(
  generator: Generator,
  given: Answers,
  site: Site,
  ask: Ask | undefined,
): Promise<Targets | Refusal> {
  const wanted = wantedTargets(given['target']);
  if (generator.target === 'recorded' && (wanted === undefined || wanted.includes('*')))
    return { heads: [], every: true };
  if (site.heads.length === 0) return refuse(noFastify(site.repo.root));
  if (wanted === undefined && generator.target === 'auth') return authTarget(site);
  if (wanted?.includes('*') === true) return { heads: withoutAuth(site), every: true };
  if (wanted !== undefined) return namedTargets(site, wanted);

  const candidates = withoutAuth(site);
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined) return { heads: [only], every: false };
  const choices = candidates.map((head): Choice => ({
    value: head.dir === '' ? head.name : head.dir,
    hint: head.name,
  }));
  if (ask === undefined) return refuse(missingTarget(choices));
  const asked = await ask('target', globalFlags.target, choices);
  return namedTargets(site, wantedTargets(asked) ?? []);
}

function wantedTargets(value: Answers[string]): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.length > 0 ? (value as readonly string[]) : undefined;
}

function namedTargets(site: Site, wanted: readonly string[]): Targets | Refusal {
  const found = wanted.map((name) => findTarget(site.heads, name));
  const [first, ...more] = found.filter((one): one is Obstacle => isObstacle(one));
  if (first !== undefined) return refuse(first, ...more);
  const byDir = new Map<RelPath, ServiceHead>();
  for (const head of found) if (!isObstacle(head)) byDir.set(head.dir, head);
  return { heads: [...byDir.values()], every: false };
}

function authTarget(site: Site): Targets | Refusal {
  const auth = findAuthService(site.repo, site.heads);
  return 'ok' in auth ? auth : { heads: [auth], every: false };
}

/** Every service that can be a consumer: all but the one that issues the tokens, when that is clear. */
function withoutAuth(site: Site): readonly ServiceHead[] {
  const auth = findAuthService(site.repo, site.heads);
  const others = site.heads.filter((head) => 'ok' in auth || head.dir !== auth.dir);
  return others.length === 0 ? site.heads : others;
}

function missingTarget(choices: readonly Choice[]): Obstacle {
  const list = choices.map(({ value, hint }) => `${value} (${hint ?? ''})`).join(', ');
  return {
    code: 'E_MISSING_FLAG',
    message: '--target is missing, and there is more than one service.',
    remedy: `Add --target with one or more of: ${list}; or --target '*' for every service.`,
  };
}

function noFastify(root: string): Obstacle {
  return {
    code: 'E_NO_FASTIFY',
    at: { path: '.' },
    message: `No package below ${root} depends on fastify.`,
    remedy: 'Run the command in the repository of your services, or name it with --cwd.',
  };
}
