import type { RoutePlugin } from '../_engine/model/app-facts.ts';
import { dirnameRel, joinRel, type RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';

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
