import type { Answers, Choice, Generator, Site } from '../model/generator.ts';
import type { Plan } from '../model/plan.ts';
import { type Obstacle, obstaclesOf, RefusalError, runAll } from '../model/obstacle.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { asFlags, type Ask, completeAnswers } from '../generator/answers.ts';
import { ensureRecordAttribute } from '../edit/ensure-attribute.ts';
import { finalizePlan } from './finalize.ts';
import { editsByOwner } from './in-services.ts';
import { openDraft } from '../repo/draft.ts';
import { assertRecordedPlaces } from '../record/record-guard.ts';
import { openRepo } from '../repo/repo.ts';
import type { OnConflict } from './resolve-existing.ts';
import { withRunCaches } from '../model/run-caches.ts';
import { dirnameRel, joinRel, type RelPath, toRel } from '../model/paths.ts';
import { chooseShared } from './choose-shared.ts';
import { assertServices, findTarget, surveyHeads } from '../repo/services.ts';
import { readManifest } from '../repo/manifest.ts';
import { findSibling, sharedPackageFor } from '../repo/sibling-packages.ts';
import { globalFlags } from '../generator/options.ts';
import { isWholeFile } from '../model/roles.ts';
import { surveyTesting } from '../facts/tooling.ts';
import { openSurvey } from '../program/survey.ts';
import { findAuthService, locateAuthService } from '../facts/auth/auth-service.ts';

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
 * @throws RefusalError with every obstacle
 */
export function makePlan(request: PlanRequest, repo?: Repo): Promise<Planned> {
  return withRunCaches(() => planOn(repo ?? openRepo(request.root), request));
}

async function planOn(repo: Repo, request: PlanRequest): Promise<Planned> {
  const { generator, given } = request;
  const site: Site = { repo, heads: surveyHeads(repo) };
  const targets = await chooseTargets(generator, given, site, request.ask).catch((error: unknown) =>
    withMissingFlags(error, request, site),
  );
  const dirs = targets.heads.map(({ dir }) => dir);
  const asked = await completeAnswers(generator.questions, { ...given, target: dirs }, site, request.ask);
  const first = await planTargets(request, asked, targets, site);
  const shared = await askForShared(request, site, first.plan);
  const run = { ...request, given: { ...given, ...shared } };
  const answers = { ...asked, ...shared };
  const isMoved = (shared['shared'] ?? 'none') !== 'none';
  const { plan, served, sharing } = isMoved ? await planTargets(run, answers, targets, site) : first;
  const final = await finalizePlan(
    { ...run, answers, served, sharing },
    site,
    withCopiesNote(plan, site, run.given),
  );
  const owned = editsByOwner(site.heads, final.edits);
  const changed = site.heads.filter((head) => owned.has(head));
  return {
    plan: { ...final, notes: [...final.notes, ...untestedNotes(site.repo, owned)] },
    targets: [...new Set([...served, ...changed])],
    flags: await flagsOf(generator, answers, site, namesOf(targets)),
  };
}

/** A missing --target is reported together with the other missing flags. @throws RefusalError */
async function withMissingFlags(
  error: unknown,
  { generator, given }: PlanRequest,
  site: Site,
): Promise<never> {
  const [first, ...more] = obstaclesOf(error);
  if ([first, ...more].every(({ code }) => code === 'E_MISSING_FLAG'))
    await completeAnswers(generator.questions, given, site, undefined).catch((other: unknown) =>
      more.push(...obstaclesOf(other)),
    );
  throw new RefusalError(first, ...more);
}

/** What the generator wants in all targets, before the stages that make it final; `served` are those that it is for. */
interface Wanted {
  readonly plan: Plan;
  readonly served: readonly ServiceHead[];
  /** By the folder of a service: that of the package that it shares. */
  readonly sharing: ReadonlyMap<RelPath, RelPath>;
}

/** A generator that is about the record plans once for all targets, the others target after target on one draft. */
async function planTargets(
  { generator, given, progress }: PlanRequest,
  answers: Answers,
  { heads, every }: Targets,
  site: Site,
): Promise<Wanted> {
  const targets = heads.map(({ dir }) => dir);
  if (generator.target === 'recorded') {
    await assertRecordedPlaces(site.repo);
    const run = { ...answers, ...pickShared(given), target: toRel('.'), targets };
    const plan = await generator.plan(run, site.repo);
    return { plan, served: heads, sharing: new Map() };
  }
  const draft = openDraft(site.repo);
  const served: ServiceHead[] = [];
  const skipped: Obstacle[] = [];
  const sharing = new Map<RelPath, RelPath>();
  for (const [index, head] of heads.entries()) {
    progress?.(index, heads.length);
    try {
      const shared = chooseShared(site.repo, head, given['shared']);
      await draft.include(
        await generator.plan({ ...answers, shared: shared ?? 'none', target: head.dir, targets }, draft.repo),
      );
      served.push(head);
      if (shared !== undefined && isShared(draft.repo, head, shared)) sharing.set(head.dir, shared);
    } catch (error) {
      const obstacles = obstaclesOf(error);
      if (every) {
        draft.note(`${head.name} was skipped: ${obstacles[0].message}`);
        skipped.push(...obstacles);
      } else draft.obstruct(...obstacles);
    }
  }
  progress?.(heads.length, heads.length);
  if (given['gitattributes'] === true && served.length > 0) ensureRecordAttribute(draft);
  if (served.length === 0) draft.obstruct(...skipped);
  return { plan: draft.finish(), served, sharing };
}

function pickShared({ shared }: Answers): Answers {
  return typeof shared === 'string' ? { shared } : {};
}

/** Whether a service depends on the package: not all that is generated uses what is shared. */
function isShared(repo: Repo, head: ServiceHead, dir: RelPath): boolean {
  const { dependencies } = readManifest(repo, head.manifest.path) ?? head.manifest;
  return dependencies[sharedPackageFor(repo, head, dir).name] !== undefined;
}

/** Services that get code, and no tests of it: none can be written for their test runner, if they have one. */
function untestedNotes(repo: Repo, owned: ReturnType<typeof editsByOwner>): readonly string[] {
  return [...owned].flatMap(([head, edits]) => {
    const created = edits.filter(({ kind, role }) => kind === 'create' && isWholeFile(role));
    const hasTests = created.some(({ role }) => role.endsWith('-test'));
    if (head === undefined || created.length === 0 || hasTests) return [];
    if (surveyTesting(openSurvey(repo, head)).runner !== 'none') return [];
    return [
      `${head.name} gets no tests of this code: they are written for Vitest, Jest, node:test and tap, and it has none of these.`,
    ];
  });
}

/** Names the flag where a service gets a copy that others of the repository could share. */
function withCopiesNote(plan: Plan, site: Site, given: Answers): Plan {
  return canShare(plan, site, given) ? { ...plan, notes: [...plan.notes, copiesNote] } : plan;
}

/** Whether a service gets a copy of what services of the repository could share, and nobody has said where it goes. */
function canShare({ edits }: Plan, { heads }: Site, given: Answers): boolean {
  const dirs = heads.map(({ dir }) => `${dir}/`);
  const isCopied = edits.some(
    ({ kind, path, role }) =>
      kind === 'create' && role === 'circuit-breaker' && dirs.some((dir) => path.startsWith(dir)),
  );
  return given['shared'] === undefined && heads.length >= 2 && isCopied;
}

/** Asks on a terminal where a service would get a copy: a package beside those that services import, or copies. */
async function askForShared({ ask, given }: PlanRequest, site: Site, plan: Plan): Promise<Answers> {
  const [head] = site.heads;
  const isOfPackages = site.heads.every(({ dir, manifest }) => dirnameRel(manifest.path) === dir);
  // A preview has the note.
  const isAsked = given['dryRun'] !== true && isOfPackages && canShare(plan, site, given);
  if (ask === undefined || head === undefined || !isAsked) return {};
  const usual = toRel('packages/s2s');
  const sibling = findSibling(site.repo, head, usual);
  const dir = sibling === undefined ? usual : joinRel(dirnameRel(sibling.dir), 's2s');
  return {
    shared: await ask('shared', globalFlags.shared, [
      { value: 'none', hint: 'a copy in each service' },
      { value: dir, hint: 'one package that services share' },
    ]),
  };
}

const copiesNote =
  'Each service has its own copy of the circuit breaker and the client: --shared packages/s2s puts them into one package of the workspace.';

/** As `--target` takes them: the service at the root has no folder to go by. */
function namesOf({ every, heads }: Targets): readonly string[] {
  if (every && heads.length > 0) return ["'*'"];
  return heads.map(({ dir, name }) => (dir === '' ? name : dir));
}

async function flagsOf(
  generator: Generator,
  answers: Answers,
  site: Site,
  target: readonly string[],
): Promise<string> {
  const shown = target.length === 0 ? [] : [`--target ${target.join(',')}`];
  const shared = typeof answers['shared'] === 'string' ? [`--shared ${answers['shared']}`] : [];
  return [...shown, await asFlags(generator.questions, answers, site), ...shared, '--yes']
    .filter((part) => part !== '')
    .join(' ');
}

/** The services that a run changes. With `'*'` those that cannot be served are noted; named ones must all succeed. */
interface Targets {
  readonly heads: readonly ServiceHead[];
  readonly every: boolean;
}

/**
 * Finds what `--target` names, or the only service it can mean; asks on a terminal.
 * @throws RefusalError, without a terminal E_MISSING_FLAG with the services to choose from
 */
async function chooseTargets(
  generator: Generator,
  given: Answers,
  site: Site,
  ask: Ask | undefined,
): Promise<Targets> {
  const wanted = wantedTargets(given['target']);
  if (generator.target === 'recorded' && (wanted === undefined || wanted.includes('*')))
    return { heads: [], every: true };
  assertServices(site.repo, site.heads);
  if (wanted === undefined && generator.target === 'auth')
    return { heads: [locateAuthService(site.repo, site.heads)], every: false };
  if (wanted?.includes('*') === true) return { heads: withoutAuth(site), every: true };
  if (wanted !== undefined) return namedTargets(site, wanted);

  const candidates = withoutAuth(site);
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined) return { heads: [only], every: false };
  const choices = candidates.map((head): Choice => ({
    value: head.dir === '' ? head.name : head.dir,
    hint: head.name,
  }));
  if (ask === undefined) throw new RefusalError(missingTarget(choices));
  const asked = await ask('target', globalFlags.target, choices);
  return namedTargets(site, wantedTargets(asked) ?? []);
}

function wantedTargets(value: Answers[string]): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.length > 0 ? (value as readonly string[]) : undefined;
}

function namedTargets(site: Site, wanted: readonly string[]): Targets {
  const found = runAll<readonly ServiceHead[]>(...wanted.map((name) => () => findTarget(site.heads, name)));
  const byDir = new Map(found.map((head) => [head.dir, head]));
  return { heads: [...byDir.values()], every: false };
}

/** Every service that can be a consumer: all but the one that issues the tokens, when that is clear. */
function withoutAuth(site: Site): readonly ServiceHead[] {
  const auth = findAuthService(site.repo, site.heads);
  const others = site.heads.filter((head) => head.dir !== auth?.dir);
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
