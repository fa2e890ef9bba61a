import type { RelPath } from '../_engine/model/paths.ts';
import type { Finding } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { ServiceHead } from '../_engine/model/service.ts';
import { findAuthService } from '../_engine/facts/auth/auth-service.ts';
import { findEnvExamples } from '../_engine/facts/config/config.ts';
import { surveyService } from '../_engine/facts/app/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';

const localUrl = /^AUTH_SERVICE_URL=https?:\/\/(?:localhost|127\.0\.0\.1):(\d+)/m;

/** Example files that look for the auth service on a port of this machine which its own code does not listen on. */
export function findUnreachable(repo: Repo, heads: readonly ServiceHead[]): readonly Finding[] {
  const examples = new Set(heads.flatMap((head) => findEnvExamples(openSurvey(repo, head))));
  const listed = [...examples].flatMap((path) => {
    const match = localUrl.exec(repo.read(path) ?? '');
    return match?.[1] === undefined ? [] : [{ path, port: match[1], line: lineAt(repo, path, match.index) }];
  });
  if (listed.length === 0) return [];
  const auth = findAuthService(repo, heads);
  const service = 'ok' in auth ? auth : surveyService(repo, auth);
  const port = 'ok' in service ? undefined : service.app.listen.defaultPort;
  if ('ok' in service || port === undefined) return [];
  return listed
    .filter((one) => one.port !== String(port))
    .map(({ path, line, port: other }) => ({
      state: 'unreachable',
      path,
      line,
      message: `AUTH_SERVICE_URL leads to port ${other}, and ${service.name} listens on ${String(port)}.`,
    }));
}

function lineAt(repo: Repo, path: RelPath, offset: number): number {
  return (repo.read(path) ?? '').slice(0, offset).split('\n').length;
}
