import { generator as authMiddleware } from '../add-auth-middleware/index.ts';
import { findService, surveyTarget } from '../_engine/facts/app/service.ts';
import { findAllowedServices } from '../_engine/facts/auth/allowed-services.ts';
import { surveyGuards } from '../_engine/facts/auth/guards.ts';
import { pluginsNamed } from '../_engine/facts/routes/protection.ts';
import { placeFile } from '../_engine/facts/style/place-file.ts';
import type { RoutePlugin } from '../_engine/model/app-facts.ts';
import type { RunAnswers } from '../_engine/model/generator.ts';
import { assertNone, type Obstacle, obstaclesOf } from '../_engine/model/obstacle.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service, ServiceHead } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { checkRecorded, recordedAnswers } from '../_engine/record/recorded-answers.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { findTarget, surveyHeads } from '../_engine/repo/services.ts';
import { allow, notEncapsulated } from './allow.ts';
import { createCallees } from './callee.ts';
import { callerObstacles, planCaller, planClients, takenNames } from './caller.ts';
import { encapsulated } from './choices.ts';

export interface ServiceTokenAnswers extends RunAnswers {
  /** Undefined in later runs, as `protect` is: then it is about what the code allows. */
  readonly allow: readonly string[] | undefined;
  readonly protect: readonly string[] | undefined;
}

/** The callee lists who may call where it registers its plugins; each caller gets a key, which it publishes, and signs with it. */
export async function planServiceTokens(answers: ServiceTokenAnswers, repo: Repo): Promise<Plan> {
  const { allow: wanted = [], protect = [], shared } = answers;
  const callee = surveyTarget(repo, answers);
  const heads = surveyHeads(repo);
  const asked = wanted.map((name) => findTarget(heads, name));
  const { names: known } = findAllowedServices(openSurvey(repo, callee));
  // What earlier runs have allowed is planned again.
  const callers = heads
    .filter((head) => asked.includes(head) || known.includes(head.name))
    .flatMap(({ dir }) => findService(repo, dir) ?? []);
  const [middleware] = recordedAnswers(repo, callee.dir, ['add-auth-middleware', 'add-s2s']);
  assertNone([
    ...half(wanted, protect),
    ...(middleware === undefined ? [withoutMiddleware(callee)] : []),
    ...asked.filter(({ dir }) => dir === callee.dir).map(({ name }) => itself(name)),
    ...protect.flatMap((name) => pluginObstacles(callee, name)),
    ...callers.flatMap((caller) => callerObstacles(repo, caller)),
    ...takenNames(callee, 'service', placeFile(callee, 'shared', 'service-callers')),
  ]);
  const draft = openDraft(repo);
  const plugins = protect.flatMap((name) => pluginsNamed(callee, name));
  // One that is registered twice is refused once.
  for (const plugin of new Map(plugins.map((one) => [`${one.file ?? ''} ${one.name}`, one])).values())
    allowPlugin(draft, callee, plugin, asked);
  createCallees(draft, callee);
  const targets = heads.map(({ dir }) => dir);
  for (const caller of draft.failed ? [] : callers) {
    await planCaller(draft, caller);
    await planClients(draft, caller, callee, targets);
  }
  const recorded = await checkRecorded(authMiddleware.questions, middleware ?? {}, draft.repo);
  await draft.include(authMiddleware.plan({ ...recorded, shared, target: callee.dir, targets }, draft.repo));
  if (callers.length > 0) draft.note(keysNote(callers));
  return draft.finish();
}

function allowPlugin(
  draft: Draft,
  callee: Service,
  plugin: RoutePlugin,
  callers: readonly ServiceHead[],
): void {
  const inner = innerPlugins(callee, plugin).map(({ name }) => name);
  if (inner.length > 0)
    draft.note(
      `Not allowed are the plugins that ${plugin.name} registers, ${inner.join(', ')}: name them with --protect as well, if services may call them.`,
    );
  const guards = surveyGuards(openSurvey(draft.repo, callee), callee);
  if (guards.find((one) => one.plugin === plugin)?.access === 'open')
    draft.note(
      `No hook of ${plugin.name} asks for a token: unless one around it does, everybody can call it, services or not.`,
    );
  try {
    const names = callers.map(({ name }) => name);
    allow(draft, openSurvey(draft.repo, callee), plugin, names);
  } catch (error) {
    draft.obstruct(...obstaclesOf(error));
  }
}

/** Plugins with contexts of their own inside of one; they follow it, and their routes are among its own. */
function innerPlugins(callee: Service, plugin: RoutePlugin): readonly RoutePlugin[] {
  const plugins = encapsulated(callee);
  return plugins
    .slice(plugins.indexOf(plugin) + 1)
    .filter(({ routes }) => routes.every((route) => plugin.routes.includes(route)));
}

function pluginObstacles(callee: Service, name: string): readonly Obstacle[] {
  const plugins = pluginsNamed(callee, name);
  if (plugins.length === 0) return [unknownPlugin(callee, name)];
  return plugins.flatMap((plugin): readonly Obstacle[] => {
    if (!encapsulated(callee).includes(plugin))
      return [notEncapsulated(name, plugin.file && { path: plugin.file })];
    const inner = innerPlugins(callee, plugin);
    const own = plugin.routes.filter((route) => !inner.some(({ routes }) => routes.includes(route)));
    return own.length === 0 ? [withoutRoutes(plugin, inner)] : [];
  });
}

function half(wanted: readonly string[], protect: readonly string[]): readonly Obstacle[] {
  if ((wanted.length === 0) === (protect.length === 0)) return [];
  const flag = wanted.length === 0 ? '--allow' : '--protect';
  return [
    {
      code: 'E_MISSING_FLAG',
      message: `${flag} is missing: who may call, and what, belong together.`,
      remedy: `Add ${flag}, or leave out both to plan again what the code allows.`,
    },
  ];
}

function itself(name: string): Obstacle {
  return {
    code: 'E_INVALID_FLAG',
    message: `${name} cannot allow itself: its plugins call each other without a token.`,
    remedy: 'Leave it out of --allow.',
  };
}

function withoutMiddleware({ manifest, name }: Service): Obstacle {
  return {
    code: 'E_MISSING_PART',
    at: { path: manifest.path },
    message: `${name} has no generated auth middleware, which tells services from users.`,
    remedy: 'Run add-auth-middleware (or add-s2s) on it first.',
  };
}

function unknownPlugin(service: Service, plugin: string): Obstacle {
  const known = encapsulated(service).map(({ name }) => name);
  return {
    code: 'E_NO_SUCH_PLUGIN',
    message: `${service.name} has no route plugin ${plugin}.`,
    remedy:
      known.length === 0
        ? 'It has no route plugins with contexts of their own: register its routes as a plugin first.'
        : `Use one of: ${known.join(', ')}.`,
  };
}

function withoutRoutes({ file, name }: RoutePlugin, inner: readonly RoutePlugin[]): Obstacle {
  return {
    code: 'E_NO_SUCH_PLUGIN',
    ...(file !== undefined && { at: { path: file } }),
    message: `${name} has no routes of its own, and a list of services does not reach the plugins that it registers.`,
    remedy: `Use one of: ${inner.map((one) => one.name).join(', ')}.`,
  };
}

function keysNote(callers: readonly Service[]): string {
  const names = callers.map(({ name }) => name).join(', ');
  return `Set SIGNING_KEYS of ${names} before the deployment: in production a service does not start without it.`;
}
