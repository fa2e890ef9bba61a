import { surveyAuthService } from '../_engine/facts/auth/auth-service.ts';
import { surveyJwt } from '../_engine/facts/auth/jwt.ts';
import { surveyService } from '../_engine/facts/app/service.ts';
import type { Answers, Choice, Site } from '../_engine/model/generator.ts';
import { attempt } from '../_engine/model/obstacle.ts';
import type { JwtFact, Service } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { findTarget, surveyHeads } from '../_engine/repo/services.ts';
import { namedPlaces } from '../_engine/facts/auth/login-tokens.ts';

/** The claims that the login signs. */
export function userClaimChoices(site: Site, given: Answers): readonly Choice[] {
  return (jwtOf(site, given)?.user?.possible ?? []).map((value) => ({ value }));
}

/** What is not known at all is refused by the plan, which says more. */
export function isUserClaimKnown(site: Site, given: Answers): boolean {
  const user = jwtOf(site, given)?.user;
  return user === undefined || user.userId !== undefined;
}

export function isAlgorithmKnown(site: Site, given: Answers): boolean {
  return jwtOf(site, given)?.algorithmAt === undefined;
}

function jwtOf({ repo }: Site, given: Answers): JwtFact | undefined {
  const service = attempt(() => issuerOf(repo, given));
  if (service === undefined) return undefined;
  const named = namedPlaces(given['login']);
  return named.length === 0 ? service.jwt : surveyJwt(openSurvey(repo, service), named);
}

/** `--auth`, else the target where it signs tokens itself, else the one that does. */
function issuerOf(repo: Site['repo'], { auth, target }: Answers): Service | undefined {
  if (typeof auth === 'string') return surveyAuthService(repo, auth);
  const [only] = Array.isArray(target) ? (target as readonly string[]) : [];
  const service = only === undefined ? undefined : surveyService(repo, findTarget(surveyHeads(repo), only));
  return service !== undefined && service.jwt.signs.length > 0 ? service : surveyAuthService(repo, undefined);
}
