import type { Route } from '../_engine/model/app-facts.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { findWebSocketServers } from '../_engine/facts/app/instantiations.ts';
import { findTokenlessCallers } from '../_engine/facts/calls/tokenless-callers.ts';
import { findTokenlessTests } from '../_engine/facts/routes/tokenless-tests.ts';
import { openSurvey } from '../_engine/program/survey.ts';

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
