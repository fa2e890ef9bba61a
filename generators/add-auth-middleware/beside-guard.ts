import { findWebSocketServers } from '../_engine/facts/app/instantiations.ts';
import { placesOf } from '../_engine/facts/calls/callable-places.ts';
import {
  type CallablePlace,
  findDestination,
  findServiceCalls,
  idOf,
} from '../_engine/facts/calls/service-calls.ts';
import type { Route } from '../_engine/model/app-facts.ts';
import { attempt, type Place } from '../_engine/model/obstacle.ts';
import { basenameRel, type RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey, type Survey, withoutGenerated } from '../_engine/program/survey.ts';
import { surveyHeads } from '../_engine/repo/services.ts';
import { escapePattern } from '../_engine/syntax/print.ts';

/** What a guard changes for others, and what it does not see; one sentence each. */
export function notesBesideGuard(repo: Repo, service: Service, guarded: readonly Route[]): readonly string[] {
  const callers = findTokenlessCallers(repo, service.dir).map(
    ({ line, path, service: name }) => `${name} (${path}:${String(line ?? 1)})`,
  );
  const survey = openSurvey(repo, service);
  const sockets = findWebSocketServers(survey);
  const tests = findTokenlessTests(survey, guarded).map(
    ({ line, path, url }) => `${path}:${String(line)} (${url})`,
  );
  return [
    ...(callers.length === 0
      ? []
      : [`Calls of guarded routes get 401 without a token, and none was found in ${callers.join(', ')}.`]),
    ...(tests.length === 0
      ? []
      : [`Tests that request guarded routes without a token get 401 now: ${listed(tests)}.`]),
    ...sockets.map(
      ({ from, line, path }) =>
        `${path}:${String(line)} takes WebSocket connections beside Fastify (${from}), where no hook runs: verify the token there.`,
    ),
  ];
}

/** The first five, and how many more there are. */
function listed(places: readonly string[]): string {
  const more = places.length - 5;
  return [...places.slice(0, 5), ...(more > 0 ? [`${String(more)} more files`] : [])].join(', ');
}

/** A place in another service of the repository that calls this one and sends no token, as far as its code says. */
interface TokenlessCaller extends Place {
  readonly service: string;
}

/** Finds them for the service in `dir`. A file that mentions the header, or forwards tokens, here or where the client is used, sends it. */
function findTokenlessCallers(repo: Repo, dir: RelPath): readonly TokenlessCaller[] {
  const heads = surveyHeads(repo);
  if (heads.length < 2) return [];
  const places = placesOf(repo, heads);
  return heads
    .filter((head) => head.dir !== dir)
    .flatMap((head) => {
      // One that cannot be read is no reason to refuse this one.
      return attempt(() => tokenlessCallsOf(openSurvey(repo, head), dir, places)) ?? [];
    });
}

function tokenlessCallsOf(
  survey: Survey,
  dir: RelPath,
  places: readonly CallablePlace[],
): readonly TokenlessCaller[] {
  return findServiceCalls(survey)
    .filter((call) => findDestination(survey, call, places)?.id === idOf(dir))
    .filter(({ path }) => !sendsToken(survey, path))
    .map(({ line, path }) => ({ service: survey.head.name, path, line }));
}

/** The verify route of the auth service takes the token in its body. */
function sendsToken(survey: Survey, path: RelPath): boolean {
  const stem = basenameRel(path).replace(/\.[cm]?[jt]s$/, '');
  const users = survey.filesMatching(/authorization|forwardToken|authServiceClient|\/auth\/verify/i);
  return users.some((file) => file === path || survey.text(file).includes(`/${stem}`));
}

/** A request of a route in a test of the service. */
interface RouteTest {
  readonly path: RelPath;
  readonly line: number;
  readonly url: string;
}

/** The first request of one of the routes in each test file that never mentions the header, a cookie or a token. */
export function findTokenlessTests(survey: Survey, routes: readonly Route[]): readonly RouteTest[] {
  const urls = [...new Set(routes.map(({ url }) => url))];
  const own = withoutGenerated(survey);
  return own.tests.flatMap((path) => {
    const text = survey.text(path);
    if (/authorization|bearer|cookie/i.test(text)) return [];
    const found = urls.flatMap((url) => {
      const index = requestOf(url).exec(text)?.index;
      return index === undefined ? [] : [{ path, url, index }];
    });
    const [first] = found.toSorted((a, b) => a.index - b.index);
    if (first === undefined) return [];
    return [{ path, url: first.url, line: text.slice(0, first.index).split('\n').length }];
  });
}

/** `inject('/users/1?x=y')`, `url: '/users'`, `` fetch(`${origin}/users`) ``. */
function requestOf(url: string): RegExp {
  const parts = url.split(/(:\w+|\*)/);
  const pattern = parts.map((part, index) => (index % 2 === 0 ? escapePattern(part) : '[^/?\'"`]+')).join('');
  const before = '(?:\\b(?:url|path):|\\b(?:inject|fetch|get|post|put|patch|delete|request)\\()';
  return new RegExp(`${before}\\s*['"\`](?:\\$\\{[^}]{1,80}\\})?${pattern}(?:\\?[^'"\`]*)?['"\`]`);
}
