import { surveyService } from '../_engine/facts/app/service.ts';
import { findAllowedServices } from '../_engine/facts/auth/allowed-services.ts';
import { surveyGuards } from '../_engine/facts/auth/guards.ts';
import { findBareCalls } from '../_engine/facts/calls/bare-calls.ts';
import { placesOf } from '../_engine/facts/calls/callable-places.ts';
import {
  type CallablePlace,
  type CallDestination,
  findCircuits,
  findDestination,
  findServiceCalls,
  idOf,
  type ServiceCall,
} from '../_engine/facts/calls/service-calls.ts';
import { obstaclesOf } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service, ServiceHead } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { readRecord } from '../_engine/record/record.ts';
import type { S2sRecord } from '../_engine/record/s2s-record.ts';
import type { GraphBareCall, GraphCall, GraphNode, ServiceGraph } from './graph.ts';

/** Reads the graph of a repo: of all services, or of those in `wanted` and what they call. */
export function surveyGraph(
  repo: Repo,
  heads: readonly ServiceHead[],
  wanted: readonly string[],
): ServiceGraph {
  const record = readRecord(repo);
  const places = placesOf(repo, heads);
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
    bareCalls: heads
      .flatMap((head) => bareCallsOf(repo, head, places))
      .filter(({ from, to }) => isWanted(from) || isWanted(to)),
  };
}

function nodeOf(repo: Repo, { head, issues, port }: CallablePlace, record: S2sRecord): GraphNode {
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
  readonly to: CallDestination;
}

function callsOf(repo: Repo, head: ServiceHead, places: readonly CallablePlace[]): readonly Directed[] {
  const survey = openSurvey(repo, head);
  return findServiceCalls(survey).flatMap((found) => {
    const to = findDestination(survey, found, places);
    return to === undefined || to.id === idOf(head.dir)
      ? []
      : [{ call: { ...callOf(head, found, to, survey), ...permission(repo, head, to, places) }, to }];
  });
}

function bareCallsOf(
  repo: Repo,
  head: ServiceHead,
  places: readonly CallablePlace[],
): readonly GraphBareCall[] {
  const survey = openSurvey(repo, head);
  return findBareCalls(survey).flatMap((call) => {
    const to = findDestination(survey, call, places);
    const { by, lacks, line, path } = call;
    const isSibling = to?.kind === 'service' && to.id !== idOf(head.dir);
    return isSibling ? [{ from: idOf(head.dir), to: to.id, by, at: `${path}:${String(line)}`, lacks }] : [];
  });
}

function callOf(
  { dir }: ServiceHead,
  { env, line, path, via }: ServiceCall,
  to: CallDestination,
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

/** Whether the callee lets the caller in as a service, where it lets any in. */
function permission(
  repo: Repo,
  { name }: ServiceHead,
  to: CallDestination,
  places: readonly CallablePlace[],
): Pick<GraphCall, 'allowed'> {
  const callee = places.find(({ head }) => idOf(head.dir) === to.id);
  const allowed = callee === undefined ? [] : findAllowedServices(openSurvey(repo, callee.head)).names;
  return allowed.length === 0 ? {} : { allowed: allowed.includes(name) };
}

function externalNode(id: string): GraphNode {
  return { id, name: id, kind: 'external', generated: [], routes: [], circuits: [] };
}
