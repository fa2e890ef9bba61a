import type { Answers, AnswerValue, Choice, Site } from '../_engine/model/generator.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { likelyPublicRoutes } from '../_engine/facts/routes/public-routes.ts';
import { findService } from '../_engine/facts/app/service.ts';

/** What `--protect` can be: all, none, or the route plugins of the targets. */
export function protectChoices(site: Site, given: Answers): readonly Choice[] {
  return [
    ...targetsOf(site, given).flatMap(routePluginChoices),
    { value: 'all', hint: 'every route but those of --public' },
    { value: 'none', hint: 'no route: add the hook yourself' },
  ];
}

/** What `--public` can be: none, or the routes that are public in many services. */
export function publicChoices(site: Site, given: Answers): readonly Choice[] {
  const routes = new Map(
    targetsOf(site, given)
      .flatMap(likelyPublicRoutes)
      .map(({ line, method, path, url }) => [
        `${method === '*' ? 'GET' : method} ${url}`,
        `${path}:${String(line)}`,
      ]),
  );
  return [
    ...[...routes].map(([value, hint]) => ({ value, hint })),
    { value: 'none', hint: 'every route requires a token' },
  ];
}

/** No route is public by its name: where there are some that could be, it is asked. */
export function initialPublic(site: Site, given: Answers): AnswerValue {
  const { protect } = given;
  if (!Array.isArray(protect) || !protect.includes('all')) return [];
  return targetsOf(site, given).some((service) => likelyPublicRoutes(service).length > 0) ? undefined : [];
}

function targetsOf({ repo }: Site, given: Answers): readonly Service[] {
  const targets = Array.isArray(given['target']) ? (given['target'] as readonly RelPath[]) : [];
  return targets.map((target) => findService(repo, target)).filter((service) => service !== undefined);
}

function routePluginChoices({ routes }: Service): readonly Choice[] {
  return routes
    .filter(({ file, kind }) => kind === 'plugin' && file !== undefined)
    .map(({ name, prefix, file, routes: own }) => {
      const first = own[0]?.url;
      const where = prefix === '' ? first : prefix;
      return { value: name, hint: [where, file].filter((part) => part !== undefined).join(' in ') };
    });
}
