import type { Obstacle, Place } from '../_engine/model/obstacle.ts';
import { dirnameRel, joinRel, type RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { isAutoloaded, placeFile } from '../_engine/facts/style/place-file.ts';
import { registerGuard } from '../_engine/edit/register-plugin.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { autoloadKeepsOrder, findGuardOrder, routesOfParent } from '../_engine/facts/routes/guard-order.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import type { RoutePlugin } from '../_engine/model/app-facts.ts';

/** The guard of all routes, as it is registered. */
export interface GuardWant {
  readonly file: RelPath;
  readonly options: string;
}

const plugin = 'authMiddleware';

/**
 * Registers the guard of all routes after @fastify/cors, which answers preflights, and after the plugins that it reads;
 * before every plugin that may have routes or answer requests. Collects E_NO_REGISTRATION_PLACE.
 */
export function registerFirst(draft: Draft, service: Service, { file, options }: GuardWant): void {
  const survey = openSurvey(draft.repo, service);
  const [parent] = routesOfParent(survey);
  if (parent !== undefined) draft.obstruct(besideApp(service, parent));
  if (isAutoloaded(service, file)) return;
  const order = findGuardOrder(survey, service.app.binding, isNeeded(service), plugin);
  if (order.child !== undefined) draft.obstruct(inChild(order.child));
  if (order.mixed !== undefined) draft.obstruct(inOneFolder(order.mixed));
  for (const early of order.early) {
    draft.note(
      `${where(early)} comes before the guard, which must follow @fastify/cors and its dependencies: a hook there answers without a token.`,
    );
  }
  if (!draft.failed) registerGuard(draft, service, { file, plugin, options }, order);
}

/**
 * The place of the guard's file in a service that autoloads its plugins: among them if their order suits the guard, else
 * in the middleware folder, registered explicitly.
 */
export function placeAmongPlugins(repo: Repo, service: Service, all: boolean): RelPath {
  const among = placeFile(service, 'plugins', 'auth-middleware');
  const { app, layout } = service;
  const middlewareDir = joinRel(layout.sourceDir, 'middleware');
  const beside = placeFile(
    { layout: { ...layout, middlewareDir, middlewareSuffix: '' } },
    'middleware',
    'auth-middleware',
  );
  if (repo.read(beside)?.includes('authServiceClient') === true) return beside;
  if (!all || !isAutoloaded(service, among)) return among;
  return autoloadKeepsOrder(openSurvey(repo, service), app.binding, isNeeded(service), among)
    ? among
    : beside;
}

/** Plugins that the guard depends on: CORS answers preflights, the configuration has the URL, Redis carries revocations. */
function isNeeded({ config, redis }: Service): (name: string) => boolean {
  const needs = [
    'cors',
    ...(config.style === '@fastify/env' ? ['env'] : []),
    ...(redis.library === '@fastify/redis' ? ['redis'] : []),
  ];
  const wanted = new Set(needs.flatMap((name) => [`@fastify/${name}`, `fastify-${name}`]));
  return (name) => wanted.has(name);
}

function where({ line, path }: Place): string {
  return line === undefined ? path : `${path}:${String(line)}`;
}

function inChild(at: Place): Obstacle {
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at,
    message: `${where(at)} registers @fastify/cors, or another plugin that the middleware must follow, in its own context: the root hook would run first, and preflights would get 401.`,
    remedy: 'Register it on the application itself (through fastify-plugin), and run the command again.',
  };
}

function inOneFolder(at: Place): Obstacle {
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at,
    message: `${where(at)} loads @fastify/cors, or another plugin that the middleware must follow, and plugins with routes from one folder: the root hook belongs between them, and would come too early or too late.`,
    remedy:
      'Load the plugins with routes from a folder of their own, after the others, and run the command again; or use --protect with the plugins to guard.',
  };
}

function besideApp({ app }: Service, at: Place): Obstacle {
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at,
    message: `${where(at)} may add routes to the instance that ${app.file} is registered on as a plugin: a hook there does not cover them.`,
    remedy: `Register that plugin in ${app.file}, wrap the application in fastify-plugin, or use --protect with the plugins to guard.`,
  };
}

/** A plugin function that gets the hook, as `ensureHook` finds it. */
export type GuardPlace = Readonly<{ file: RelPath; plugin: string }>;

/**
 * Where the hook goes for the chosen route plugins: into each of them, or once into the autohooks file of an autoloaded
 * folder when all of the folder's plugins are chosen.
 */
export function guardPlaces(
  repo: Repo,
  service: Pick<Service, 'app' | 'routes'>,
  chosen: readonly RoutePlugin[],
): readonly GuardPlace[] {
  const places = chosen.flatMap(({ exportedAs, file, name }): readonly GuardPlace[] => {
    if (file === undefined) return [];
    const hooks = hooksFileFor(repo, service, chosen, file);
    return [hooks === undefined ? { file, plugin: exportedAs ?? name } : { file: hooks, plugin: 'default' }];
  });
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

function hooksFileFor(
  repo: Repo,
  { app, routes }: Pick<Service, 'app' | 'routes'>,
  chosen: readonly RoutePlugin[],
  file: RelPath,
): RelPath | undefined {
  if (!app.autoload.some(({ autoHooks, dir }) => autoHooks && file.startsWith(`${dir}/`))) return undefined;
  const folder = dirnameRel(file);
  const siblings = routes.filter((one) => one.file !== undefined && dirnameRel(one.file) === folder);
  if (!siblings.every((one) => chosen.includes(one))) return undefined;
  const found = repo.list(folder).find(({ name }) => /^autohooks\.[cm]?ts$/i.test(name));
  const path = found === undefined ? undefined : joinRel(folder, found.name);
  // Wrapped in fastify-plugin, its function cannot be told from one that guards more than the folder.
  const isPlain = path !== undefined && repo.read(path)?.includes('fastify-plugin') === false;
  return isPlain ? path : undefined;
}
