import type { Answers, AnswerValue, Choice, Site } from '../_engine/model/generator.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { findService } from '../_engine/facts/app/service.ts';
import { findConcernedRoutes, type ShownRoute } from './closed-routes.ts';

/** What `--protect` can be: all, none, or the route plugins of the targets. */
export function protectChoices(site: Site, given: Answers): readonly Choice[] {
  return [
    ...targetsOf(site, given).flatMap(routePluginChoices),
    { value: 'all', hint: 'every route but those of --public' },
    { value: 'none', hint: 'no route: add the hook yourself' },
  ];
}

/** What `--public` can be: none, or the routes that may be meant for callers without a token. */
export function publicChoices(site: Site, given: Answers): readonly Choice[] {
  const routes = new Map(
    offeredRoutes(site, given).flatMap(({ evidence, route: { line, method, path, url } }) => {
      const methods = method !== '*' ? [method] : url.endsWith('/*') ? ['GET', 'POST'] : ['GET'];
      const hint = [`${path}:${String(line)}`, ...(evidence === undefined ? [] : [evidence])].join(', ');
      return methods.map((one) => [`${one} ${url}`, hint] as const);
    }),
  );
  return [
    ...[...routes].map(([value, hint]) => ({ value, hint })),
    { value: 'none', hint: 'every route requires a token' },
  ];
}

/** No route is public by its name: where there are some that could be, it is asked. */
export function initialPublic(site: Site, given: Answers): AnswerValue {
  return offeredRoutes(site, given).length > 0 ? undefined : [];
}

/** Routes with a URL that can be read, of the service's own code. */
function offeredRoutes(site: Site, given: Answers): readonly ShownRoute[] {
  const { auth } = given;
  const named = typeof auth === 'string' ? auth : undefined;
  return targetsOf(site, given)
    .flatMap((service) => findConcernedRoutes(site.repo, service, named).shown)
    .filter(({ route }) => route.by === undefined && !route.url.slice(0, -1).includes('*'));
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
