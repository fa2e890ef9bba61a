import type { Route } from '../_engine/model/app-facts.ts';
import type { RunAnswers } from '../_engine/model/generator.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { placeFile } from '../_engine/facts/style/place-file.ts';
import { knownPublicRoutes, opens, routeKey } from '../_engine/facts/routes/public-routes.ts';
import { findService } from '../_engine/facts/app/service.ts';
import { findConcernedRoutes, isIssuer, type ShownRoute } from './closed-routes.ts';

/** The routes that `--protect all` leaves open, and what the user should know of them; one sentence each. */
export interface OpenRoutes {
  /** A method and a pattern each: `GET /health`. */
  readonly routes: readonly string[];
  readonly notes: readonly string[];
}

interface Opened {
  readonly entry: string;
  readonly reason: string;
}

type RouteAnswers = Pick<RunAnswers, 'targets'> & {
  readonly path: string;
  readonly auth?: string | undefined;
};

const allMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Opened is what the code makes public, what logs people in, and what the user chose; all else is only told. */
export function openRoutes(
  service: Service,
  repo: Repo,
  answers: RouteAnswers,
  chosen: readonly string[],
): OpenRoutes {
  const known = knownPublicRoutes(service).flatMap((route) => knownEntries(service, route));
  const { logins, shown } = findConcernedRoutes(repo, service, answers.auth);
  const opened: readonly Opened[] = [
    ...known.filter(({ isSafe }) => isSafe),
    ...logins.map(({ evidence, route }) => {
      return { entry: routeKey(route), reason: `${evidence} (${placeOf(route)})` };
    }),
    ...ownRoutes(service, repo, answers),
    ...chosen
      .filter((entry) => isHere(service, repo, answers, entry))
      .map((entry) => ({ entry, ...by(service, entry) })),
  ];
  const byEntry = new Map(opened.map(({ entry, reason }) => [entry, reason]));
  const routes = [...byEntry.keys()];
  const closed = shown.filter(({ route }) => !routes.some((entry) => opens(entry, route)));
  return {
    routes,
    notes: [
      ...[...byEntry].map(([entry, reason]) => `${entry} is public: ${reason}.`),
      ...known.filter(({ isSafe }) => !isSafe).map(({ entry }) => overlaps(entry)),
      ...closedNotes(service, closed),
    ],
  };
}

function knownEntries(service: Service, route: Route): readonly (Opened & { readonly isSafe: boolean })[] {
  const { method, path, url } = route;
  // A prefix or a path that is not known for certain.
  if (url.slice(0, -1).includes('*') || (url.endsWith('*') && !url.endsWith('/*'))) return [];
  const reason = `${route.public ?? ''} (${placeOf(route)})`;
  const others = service.routes
    .flatMap((plugin) => plugin.routes)
    .filter((other) => other.path !== path || other.public === undefined);
  return (method === '*' ? allMethods : [method]).map((each) => {
    const entry = routeKey({ method: each, url });
    return {
      entry,
      reason,
      isSafe: !others.some((other) => opens(entry, other) && other.public === undefined),
    };
  });
}

/** What other generators add for everybody. */
function ownRoutes(service: Service, repo: Repo, answers: RouteAnswers): readonly Opened[] {
  const routes = service.routes.flatMap((plugin) => plugin.routes);
  const metrics = placeFile(service, 'plugins', 'service-metrics');
  // The plan that adds it may be this one, so the record does not know it yet.
  const isOurs =
    repo.read(metrics)?.includes('export const serviceMetrics = fp<ServiceMetricsOptions>(') === true;
  const endpoint = routes.find((route) => routeKey(route) === 'GET /metrics' && route.path === metrics);
  const verify = `POST ${answers.path}`;
  const verifyFile = placeFile(service, 'plugins', 'auth-verify');
  const isTaken = routes.some((route) => routeKey(route) === verify && route.path !== verifyFile);
  return [
    ...(endpoint === undefined || !isOurs
      ? []
      : [{ entry: routeKey(endpoint), reason: `add-s2s-metrics added it (${placeOf(endpoint)})` }]),
    // Asked for a token itself, the verify route would ask itself for ever.
    ...(isIssuer(repo, service, answers.auth) && !isTaken
      ? [{ entry: verify, reason: 'it verifies tokens' }]
      : []),
  ];
}

/** Chosen for this service: it has such a route, or none of the targets has. */
function isHere(service: Service, repo: Repo, { targets }: RouteAnswers, entry: string): boolean {
  if (has(service, entry)) return true;
  const others = targets.map((target) => findService(repo, target));
  return !others.some((other) => other !== undefined && has(other, entry));
}

function by(service: Service, entry: string): { readonly reason: string } {
  const places = matching(service, entry).map(placeOf);
  const where = places.length === 0 ? 'it was not found in the code' : places.join(', ');
  return { reason: `--public lists it (${where})` };
}

function has(service: Service, entry: string): boolean {
  return matching(service, entry).length > 0;
}

function matching(service: Service, entry: string): readonly Route[] {
  const routes = service.routes.flatMap((plugin) => plugin.routes);
  return routes.filter((route) =>
    opens(entry, route.method === '*' ? { ...route, method: entry.split(' ')[0] ?? '' } : route),
  );
}

function closedNotes({ app }: Service, shown: readonly ShownRoute[]): readonly string[] {
  const { file, madeBy } = app;
  const closed = shown.map(({ evidence, route }) => {
    return `${routeKey(route)} (${placeOf(route)}${evidence === undefined ? '' : `: ${evidence}`})`;
  });
  return [
    ...(closed.length === 0
      ? []
      : [`A token is also required at ${closed.join(', ')}: open public routes with --public.`]),
    ...(madeBy === undefined
      ? []
      : [
          `Routes that ${madeBy} adds to the instance also require a token: add public ones to publicRoutes (${file}).`,
        ]),
  ];
}

function overlaps(entry: string): string {
  return `${entry} requires a token: other routes share the pattern; open single routes with --public.`;
}

function placeOf({ line, path }: Route): string {
  return `${path}:${String(line)}`;
}
