import type { Answers, Generator, Plan, Refusal, RelPath, ServiceHead, Site } from './contract.ts';
import { type Ask, asFlags, completeAnswers } from './answers.ts';
import { findDirty } from './git.ts';
import { formatEdits } from './format.ts';
import { refuse } from './obstacle.ts';
import { globalFlags } from './options.ts';
import { type Draft, openDraft } from './plan.ts';
import { proveEdits } from './prove-edits.ts';
import { recordEdit } from './record.ts';
import { openRepo } from './repo.ts';
import { settleExisting } from './settle.ts';
import { surveyHeads } from './survey/services.ts';
import { surveyTooling } from './survey/tooling.ts';
import { chooseTargets, type Targets } from './targets.ts';
import { packVersion } from './version.ts';

/** What is to be planned: `given` are flags by their key, `root` is absolute. */
export interface PlanRequest {
  readonly id: string;
  readonly generator: Generator;
  readonly given: Answers;
  readonly root: string;
  /** Undefined where nobody can be asked: then every missing flag is listed. */
  readonly ask?: Ask | undefined;
}

/** A plan that is formatted, settled, proven and recorded: what is shown is what apply writes. */
export interface Planned {
  readonly plan: Plan;
  readonly targets: readonly ServiceHead[];
  /** The flags that give this plan again. */
  readonly flags: string;
}

/** flags → survey → questions → plan → format → settle → prove → record. Reads only. @throws RefusalError */
export async function makePlan(request: PlanRequest): Promise<Planned | Refusal> {
  const { generator, given } = request;
  const repo = openRepo(request.root);
  const site: Site = { repo, heads: surveyHeads(repo) };
  const targets = await chooseTargets(generator, given, site, request.ask);
  if ('ok' in targets) return withMissingFlags(targets, request, site);
  const target = targets.heads.map((head) => (head.dir === '' ? head.name : head.dir));
  const answers = await completeAnswers(generator.questions, { ...given, target }, site, request.ask);
  if (isRefusal(answers)) return answers;

  const draft = openDraft(repo);
  const served = await planTargets(generator, answers, targets, draft);
  const plan = draft.finish();
  if (!plan.ok) return plan;
  const settled = await settle(request, site, plan, served, answers);
  if ('obstacles' in settled) return settled;
  return { plan: settled, targets: served, flags: flagsOf(generator, answers, site, target) };
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

/** Plans target after target on one draft; gives those that could be served. */
async function planTargets(
  generator: Generator,
  answers: Answers,
  { heads, every }: Targets,
  draft: Draft,
): Promise<readonly ServiceHead[]> {
  const served: ServiceHead[] = [];
  const targets = heads.map(({ dir }) => dir);
  const refusals: Refusal[] = [];
  for (const head of heads) {
    const plan = await generator.plan({ ...answers, target: head.dir, targets }, draft.repo);
    if (plan.ok || !every) {
      draft.include(plan);
      served.push(head);
    } else {
      refusals.push(plan);
      draft.note(`${head.name} was left out: ${plan.obstacles[0].message}`);
    }
  }
  if (served.length === 0) for (const refusal of refusals) draft.include(refusal);
  return served;
}

/** From what the generator wants to what may be written: formatted, settled against the disk, recorded, proven. */
async function settle(
  { id, given }: PlanRequest,
  { repo, heads }: Site,
  plan: Plan,
  served: readonly ServiceHead[],
  answers: Answers,
): Promise<Plan | Refusal> {
  const groups = heads.map((head) => ({
    dir: head.dir,
    formatter: given['format'] === false ? ('none' as const) : surveyTooling(repo, head).formatter,
    edits: plan.edits.filter((edit) => owner(heads, edit.path)?.dir === head.dir),
  }));
  const outside = plan.edits.filter((edit) => owner(heads, edit.path) === undefined);
  const formatted = await formatEdits(
    repo,
    groups.filter((group) => group.edits.length > 0),
  );
  const { edits, obstacles } = settleExisting(
    repo,
    [...formatted.edits, ...outside],
    given['force'] === true,
  );
  const dirty = given['allowDirty'] === true ? [] : await findDirty(repo, edits);
  const [first, ...more] = [...obstacles, ...dirty, ...proveEdits(edits)];
  if (first !== undefined) return refuse(first, ...more);
  const services = served.map((head) => head.dir);
  const record = recordEdit(repo, edits, {
    generator: id,
    version: packVersion,
    services,
    answers: asked(answers),
  });
  const notes = [...plan.notes, ...formatted.notes];
  return { ok: true, edits: record === undefined ? edits : [...edits, record], notes };
}

/** The service whose folder holds a path: the nearest one. */
function owner(heads: readonly ServiceHead[], path: RelPath): ServiceHead | undefined {
  return heads
    .filter((head) => head.dir === '' || path.startsWith(`${head.dir}/`))
    .sort((a, b) => b.dir.length - a.dir.length)[0];
}

/** Without the flags that say how to run: they change nothing of what is generated. */
function asked(answers: Answers): Answers {
  return Object.fromEntries(Object.entries(answers).filter(([key]) => !(key in globalFlags)));
}

function flagsOf(generator: Generator, answers: Answers, site: Site, target: readonly string[]): string {
  const shown =
    generator.target === 'auth' && answers['target'] === undefined ? [] : [`--target ${target.join(',')}`];
  return [...shown, asFlags(generator.questions, answers, site), '--yes']
    .filter((part) => part !== '')
    .join(' ');
}

function isRefusal(answers: Answers | Refusal): answers is Refusal {
  return 'obstacles' in answers && Array.isArray(answers.obstacles);
}
