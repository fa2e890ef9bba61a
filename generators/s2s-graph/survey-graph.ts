import { surveyService } from '../_engine/facts/app/service.ts';
import { findAuthService } from '../_engine/facts/auth/auth-service.ts';
import { surveyGuards } from '../_engine/facts/auth/guards.ts';
import { findCircuits, findServiceCalls, type ServiceCall } from '../_engine/facts/calls/service-calls.ts';
import { findEnvExamples } from '../_engine/facts/config/config.ts';
import { basenameRel } from '../_engine/model/paths.ts';
import { attempt, obstaclesOf } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service, ServiceHead } from '../_engine/model/service.ts';
import { openSurvey, type Survey } from '../_engine/program/survey.ts';
import { readRecord } from '../_engine/record/record.ts';
import type { S2sRecord } from '../_engine/record/s2s-record.ts';
import { escapePattern } from '../_engine/syntax/print.ts';
import { type GraphCall, type GraphNode, idOf, type ServiceGraph } from './graph.ts';

/** Reads the graph of a repo: of all services, or of those in `wanted` and what they call. */
export function surveyGraph(
  repo: Repo,
  heads: readonly ServiceHead[],
  wanted: readonly string[],
): ServiceGraph {
  const record = readRecord(repo);
  const auth = findAuthService(repo, heads);
  const places = heads.map((head): Place => {
    const port = attempt(() => surveyService(repo, head, false))?.app.listen.defaultPort;
    return { head, ...(port !== undefined && { port }), issues: auth?.dir === head.dir };
  });
  const nodes = places.map((place) => nodeOf(repo, place, record));
  const calls = heads.flatMap((head) => callsOf(repo, head, places));
  const isWanted = (id: string): boolean =>
    wanted.length === 0 || wanted.map((dir) => dir || '.').includes(id);
  const shown = calls.filter(({ call }) => isWanted(call.from) || isWanted(call.to));
  const named = new Set(shown.flatMap(({ call }) => [call.from, call.to]));
  const outside = [...new Set(shown.flatMap(({ to }) => (to.kind === 'external' ? [to.id] : [])))].sort();
  return {
    schema: 1,
    nodes: [...nodes.filter(({ id }) => isWanted(id) || named.has(id)), ...outside.map(externalNode)],
    calls: shown.map(({ call }) => call),
  };
}

function nodeOf(repo: Repo, { head, issues, port }: Place, record: S2sRecord): GraphNode {
  const start = {
    id: idOf(head.dir),
    name: head.name,
    kind: 'service',
    ...(port !== undefined && { port }),
    ...(issues && { issuesTokens: true }),
    generated: Object.keys(record.services[head.dir] ?? {}),
  } as const;
  try {
    const service = surveyService(repo, head, false);
    const circuits = findCircuits(openSurvey(repo, head)).map(({ line, path }) => `${path}:${String(line)}`);
    return { ...start, routes: routesOf(repo, service), circuits };
  } catch (error) {
    return { ...start, routes: [], circuits: [], problem: obstaclesOf(error)[0].message };
  }
}

function routesOf(repo: Repo, service: Service): GraphNode['routes'] {
  const seen = new Set<string>();
  return surveyGuards(openSurvey(repo, service), service).flatMap(({ access, guard, plugin }) => {
    const urls = [...new Set(plugin.routes.map(({ method, url }) => `${method} ${url}`))];
    // A plugin inside of another one is found in both.
    if (urls.every((url) => seen.has(url))) return [];
    for (const url of urls) seen.add(url);
    return [{ name: plugin.name, urls, access, ...(guard !== undefined && { guard }) }];
  });
}

interface Directed {
  readonly call: GraphCall;
  readonly to: Destination;
}

function callsOf(repo: Repo, head: ServiceHead, places: readonly Place[]): readonly Directed[] {
  const survey = openSurvey(repo, head);
  return findServiceCalls(survey).flatMap((found) => {
    const to = findDestination(survey, found, places);
    return to === undefined || to.id === idOf(head.dir)
      ? []
      : [{ call: callOf(head, found, to, survey), to }];
  });
}

function callOf(
  { dir }: ServiceHead,
  { env, line, path, via }: ServiceCall,
  to: Destination,
  survey: ReturnType<typeof openSurvey>,
): GraphCall {
  return {
    from: idOf(dir),
    to: to.id,
    ...(env !== undefined && { env }),
    at: `${path}:${String(line)}`,
    circuit: via === 'client',
    verifies: /\bauthServiceClient\b|\/auth\/verify\b/.test(survey.text(path)),
  };
}

function externalNode(id: string): GraphNode {
  return { id, name: id, kind: 'external', generated: [], routes: [], circuits: [] };
}

/** Where a service can be reached. */
interface Place {
  readonly head: ServiceHead;
  readonly port?: number;
  readonly issues: boolean;
}

/** What a call leads to: a service of the repo, or something that is not in it. */
interface Destination {
  readonly kind: 'service' | 'external';
  readonly id: string;
}

/**
 * Whom a URL means: by the host's name, by the port on this machine, by the name of the variable. Undefined where
 * neither URL nor variable says anything.
 */
function findDestination(
  survey: Survey,
  call: ServiceCall,
  places: readonly Place[],
): Destination | undefined {
  const url = urlOf(survey, call);
  const place = byHost(url, places) ?? byVariable(call.env, places);
  if (place !== undefined) return { kind: 'service', id: idOf(place.head.dir) };
  if (url !== undefined && !isLocal(url)) return { kind: 'external', id: url.hostname };
  return call.env === undefined ? undefined : { kind: 'external', id: stemOf(call.env) };
}

/** The URL in the code, else the one of the example of the environment. */
function urlOf(survey: Survey, { env, url }: ServiceCall): URL | undefined {
  const listed = findEnvExamples(survey)
    .map(
      (path) =>
        new RegExp(
          `^#?[ \\t]{0,99}${escapePattern(env ?? ' ')}=["']?(https?://[^\\s"']{1,500})["']?[ \\t\\r]{0,99}$`,
          'm',
        ).exec(survey.repo.read(path) ?? '')?.[1],
    )
    .find((value) => value !== undefined);
  const text = listed ?? url;
  return text !== undefined && /^https?:/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

function isLocal({ hostname }: URL): boolean {
  return /^(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|host\.docker\.internal)$/.test(hostname);
}

function byHost(url: URL | undefined, places: readonly Place[]): Place | undefined {
  if (url === undefined) return undefined;
  if (!isLocal(url))
    return only(places.filter(({ head }) => namesOf(head).includes(url.hostname.toLowerCase())));
  return only(places.filter(({ port }) => port !== undefined && String(port) === url.port));
}

/** `AUTH_SERVICE_URL` → auth-service, auth; and the service that issues the tokens, where none is called so. */
function byVariable(env: string | undefined, places: readonly Place[]): Place | undefined {
  if (env === undefined) return undefined;
  const stem = stemOf(env);
  const short = stem.replace(/-(service|api|server)$/, '');
  const named = places.filter(({ head }) => namesOf(head).some((name) => name === stem || name === short));
  return only(named) ?? (short === 'auth' ? only(places.filter(({ issues }) => issues)) : undefined);
}

function namesOf({ dir, name }: ServiceHead): readonly string[] {
  const whole = [name.split('/').at(-1) ?? name, basenameRel(dir)].map((one) => one.toLowerCase());
  return [...whole, ...whole.map((one) => one.replace(/-(service|api|server)$/, ''))];
}

function stemOf(env: string): string {
  return env
    .replace(/_(BASE_URL|API_URL|URL|ORIGIN|ENDPOINT)$/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}

function only(found: readonly Place[]): Place | undefined {
  return found.length === 1 ? found[0] : undefined;
}
