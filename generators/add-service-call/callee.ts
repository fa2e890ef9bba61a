import type { Destination } from '../_engine/edit/declare-variables.ts';
import { findService, surveyService } from '../_engine/facts/app/service.ts';
import { servesTls } from '../_engine/facts/app/instantiations.ts';
import { surveyGuards } from '../_engine/facts/auth/guards.ts';
import {
  type CallablePlace,
  findDestination,
  findServiceCalls,
  idOf,
} from '../_engine/facts/calls/service-calls.ts';
import { findProbes, routeKey } from '../_engine/facts/routes/public-routes.ts';
import { readOpenApi } from '../_engine/facts/route-types/openapi.ts';
import { readRouteTypes, type RouteTypes } from '../_engine/facts/route-types/route-reader.ts';
import type { Route } from '../_engine/model/app-facts.ts';
import { RefusalError } from '../_engine/model/obstacle.ts';
import { basenameRel, type RelPath, toRel } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey, type Survey } from '../_engine/program/survey.ts';
import { findTarget, surveyHeads } from '../_engine/repo/services.ts';

/** The service that is called. */
export interface Callee extends RouteTypes {
  /** As `--to` has it. */
  readonly wanted: string;
  /** In kebab-case, without `-service`: `billing`. */
  readonly name: string;
  /** As people call it. */
  readonly label: string;
  /** The variable that holds its URL. */
  readonly variable: string;
  readonly defaultUrl: string;
  /** URLs that a platform asks, and no other service. */
  readonly unasked: ReadonlySet<string>;
  /** Routes behind a guard of the callee, as `GET /invoices`; those of a service elsewhere are unknown. */
  readonly guarded: ReadonlySet<string>;
  /** Undefined: it is not in the repo. */
  readonly destination: Destination | undefined;
}

const usualPort = 3000;

/** Whether `--to` names a document. */
function isDocument(wanted: string): boolean {
  return /\.(?:json|ya?ml)$/.test(wanted);
}

/** Reads whom `--to` names. @throws RefusalError E_NO_SUCH_SERVICE, E_AMBIGUOUS_TARGET, E_INVALID_FLAG, E_PATH */
export async function findCallee(repo: Repo, caller: Service, wanted: string): Promise<Callee> {
  return isDocument(wanted) ? ofDocument(repo, wanted) : ofRepo(repo, caller, wanted);
}

function ofRepo(repo: Repo, caller: Service, wanted: string): Callee {
  const heads = surveyHeads(repo);
  const head = findTarget(heads, wanted);
  if (head.dir === caller.dir)
    throw new RefusalError({
      code: 'E_INVALID_FLAG',
      message: `${head.name} cannot call itself: --to names the service of --target.`,
      remedy: 'Name another service with --to.',
    });
  const callee = surveyService(repo, head);
  const survey = openSurvey(repo, head);
  const { defaultPort: port } = callee.app.listen;
  const secure = servesTls(repo, head);
  const name = shortName(head.name);
  const defaultUrl = `${secure ? 'https' : 'http'}://localhost:${String(port ?? usualPort)}`;
  return {
    ...readRouteTypes(survey, callableRoutes(callee)),
    wanted,
    guarded: guardedRoutes(survey, callee),
    unasked: new Set(findProbes(callee)),
    name,
    label: head.name,
    variable:
      variableInUse(repo, caller, { head, issues: false, ...(port !== undefined && { port }) }) ??
      usualVariable(name),
    defaultUrl,
    destination: { head, port, secure },
  };
}

/** Each route once, of those that the ServiceClient has a method for and whose URL is known. */
export function callableRoutes({ routes }: Service): readonly Route[] {
  const all = routes.flatMap((plugin) => plugin.routes);
  const callable = all.filter(
    ({ by, method, url }) =>
      by === undefined && /^(?:GET|POST|PUT|PATCH|DELETE)$/.test(method) && !url.includes('*'),
  );
  return [...new Map(callable.map((route) => [`${route.method} ${route.url}`, route])).values()];
}

/** The routes of plugins whose hooks verify tokens, of all routes or of some. */
function guardedRoutes(survey: Survey, callee: Service): ReadonlySet<string> {
  const guards = surveyGuards(survey, callee).filter(({ access }) => ['guarded', 'partly'].includes(access));
  return new Set(guards.flatMap(({ plugin }) => plugin.routes.map(routeKey)));
}

/** The variable by which the caller's own code finds the callee already. */
function variableInUse(repo: Repo, caller: Service, place: CallablePlace): string | undefined {
  const survey = openSurvey(repo, caller);
  const calls = findServiceCalls(survey).filter((call) => {
    return findDestination(survey, call, [place])?.id === idOf(place.head.dir);
  });
  return calls.find(({ env }) => env !== undefined)?.env;
}

async function ofDocument(repo: Repo, wanted: string): Promise<Callee> {
  const path = toRel(wanted);
  const text = repo.read(path);
  if (text === undefined)
    throw new RefusalError({
      code: 'E_INVALID_FLAG',
      message: `There is no file ${path}.`,
      remedy: 'Name a service, or an OpenAPI document by its path below the root, with --to.',
    });
  const found = readOpenApi(await valueOf(path, text), path);
  const stem = shortName(stemOf(path));
  const name = /^(?:openapi|swagger|api|spec)?$/.test(stem) ? shortName(found.title ?? stem) : stem;
  const { routes, types } = found;
  const label = found.title ?? name;
  const unasked = new Set<string>();
  const defaultUrl = found.url ?? `http://localhost:${String(usualPort)}`;
  return {
    routes,
    types,
    missing: [],
    wanted,
    unasked,
    guarded: new Set(),
    name,
    label,
    variable: usualVariable(name),
    defaultUrl,
    destination: undefined,
  };
}

async function valueOf(path: RelPath, text: string): Promise<unknown> {
  if (!path.endsWith('.json')) {
    const { readYaml } = await import('../_engine/syntax/yaml-text.ts');
    return readYaml(text);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function stemOf(path: RelPath): string {
  return basenameRel(path).replace(/(?:[.-](?:openapi|swagger|api))?\.\w+$/, '');
}

/** `@acme/billing-service` → `billing` */
export function shortName(name: string): string {
  const words = name
    .replace(/^@.*\//, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const kept =
    words.length > 1 && /^(?:service|server|api)$/.test(words.at(-1) ?? '') ? words.slice(0, -1) : words;
  const short = kept.join('-');
  return /^[a-z]/.test(short) ? short : `service-${short}`;
}

function usualVariable(name: string): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_SERVICE_URL`;
}

/** Services that a caller may call. */
export function otherServices(repo: Repo, dirs: readonly string[]): readonly string[] {
  const others = surveyHeads(repo).filter(({ dir }) => !dirs.includes(dir));
  return others.filter(({ dir }) => findService(repo, dir) !== undefined).map(({ name }) => name);
}
