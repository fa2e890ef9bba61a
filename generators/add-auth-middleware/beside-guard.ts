import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { findWebSocketServers } from '../_engine/facts/app/instantiations.ts';
import { findTokenlessCallers } from '../_engine/facts/calls/tokenless-callers.ts';
import { openSurvey } from '../_engine/program/survey.ts';

/** What a guard changes for others, and what it does not see; one sentence each. */
export function notesBesideGuard(repo: Repo, service: Service): readonly string[] {
  const callers = findTokenlessCallers(repo, service.dir).map(
    ({ line, path, service: name }) => `${name} (${path}:${String(line ?? 1)})`,
  );
  const sockets = findWebSocketServers(openSurvey(repo, service));
  return [
    ...(callers.length === 0
      ? []
      : [`Calls of guarded routes get 401 without a token, and none was found in ${callers.join(', ')}.`]),
    ...sockets.map(
      ({ from, line, path }) =>
        `${path}:${String(line)} takes WebSocket connections beside Fastify (${from}), where no hook runs: verify the token there.`,
    ),
  ];
}
