import { attempt, type Place } from '../../model/obstacle.ts';
import { basenameRel, type RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';
import { openSurvey, type Survey } from '../../program/survey.ts';
import { surveyHeads } from '../../repo/services.ts';
import { surveyService } from '../app/service.ts';
import { findAuthService } from '../auth/auth-service.ts';
import { type CallablePlace, findDestination, idOf } from './call-destination.ts';
import { findServiceCalls } from './service-calls.ts';

/** A place in another service of the repository that calls this one and sends no token, as far as its code says. */
export interface TokenlessCaller extends Place {
  readonly service: string;
}

/** Finds them for the service in `dir`. A file that mentions the header, or forwards tokens, here or where the client is used, sends it. */
export function findTokenlessCallers(repo: Repo, dir: RelPath): readonly TokenlessCaller[] {
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

function placesOf(repo: Repo, heads: readonly ServiceHead[]): readonly CallablePlace[] {
  const auth = findAuthService(repo, heads);
  return heads.map((head) => {
    const port = attempt(() => surveyService(repo, head, false))?.app.listen.defaultPort;
    return { head, issues: auth?.dir === head.dir, ...(port !== undefined && { port }) };
  });
}

/** The verify route of the auth service takes the token in its body. */
function sendsToken(survey: Survey, path: RelPath): boolean {
  const stem = basenameRel(path).replace(/\.[cm]?[jt]s$/, '');
  const users = survey.filesMatching(/authorization|forwardToken|authServiceClient|\/auth\/verify/i);
  return users.some((file) => file === path || survey.text(file).includes(`/${stem}`));
}
