import type { Repo } from '../../model/repo.ts';
import { type Service, withFacts } from '../../model/service.ts';
import { openSurvey } from '../../program/survey.ts';
import { throughReader } from '../app/service.ts';
import { surveyJwt } from './jwt.ts';

/** Flags that say of login tokens what the code does not. */
export interface LoginAnswers {
  readonly algorithm: string | undefined;
  readonly login: string | undefined;
  readonly tenantClaim: string | undefined;
  readonly userClaim: string | undefined;
}

/** The places that `--login` names. */
export function namedPlaces(answer: unknown): readonly string[] {
  return typeof answer === 'string'
    ? answer
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean)
    : [];
}

/** What the user has said of login tokens instead of the code. */
export function withLoginAnswers(service: Service, repo: Repo, answers: LoginAnswers): Service {
  const { algorithm, login, tenantClaim, userClaim } = answers;
  const named = namedPlaces(login);
  const isRead = named.length === 0 && algorithm === undefined;
  if (service.jwt.library === 'none') return service;
  const survey = openSurvey(repo, service);
  const jwt = isRead ? service.jwt : throughReader(surveyJwt(survey, named, algorithm), service.config);
  if (userClaim === undefined && tenantClaim === undefined) return withFacts(service, { jwt });
  const user = { possible: [], extra: [], userId: undefined, ...jwt.user };
  const given = {
    ...user,
    userId: userClaim?.split('.') ?? user.userId,
    extra: user.extra.filter(
      ({ name }) => ![userClaim, tenantClaim].some((one) => one?.split('.')[0] === name),
    ),
    ...(tenantClaim !== undefined && { tenantId: tenantClaim.split('.') }),
  };
  return withFacts(service, { jwt: { ...jwt, user: given } });
}
