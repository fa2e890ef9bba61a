import type { Repo } from '../../model/repo.ts';
import { type JwtFact, type Service, withFacts } from '../../model/service.ts';
import { openSurvey, type Survey } from '../../program/survey.ts';
import { printStrings } from '../../syntax/print.ts';
import { throughReader } from '../app/service.ts';
import { findIssued, type Issued } from './jwt-issued.ts';
import { decideLogins } from './jwt-logins.ts';
import { findSigns } from './jwt-signs.ts';
import { findPluginUse, surveyJwt } from './jwt.ts';
import { findLoginSigner, type LoginSigner } from './login-signer.ts';
import { memberAt, type Sample, textSample } from './type-samples.ts';
import { claimTypeAt, ofToken, usualTenantIds, usualUserIds } from './user-claims.ts';

/** How a test gets tokens as the login signs them. */
export interface LoginTokens {
  /** Absent: a test has to sign `claims` itself. */
  readonly signer: LoginSigner | undefined;
  /** The claims of the sign call, as an object with values for a test. */
  readonly claims: Sample;
  /** The sign call shows the claim that names the user; otherwise `claims` has it only because it was named. */
  readonly isUserSeen: boolean;
  /** The answer about such a token, as an object, without what the token does not say or only the signer knows. */
  readonly answer: Sample;
}

/** Where the code shows no login, as a new one would sign. */
export function surveyLoginTokens(survey: Survey, jwt: JwtFact, logins: readonly Issued[]): LoginTokens {
  const [login] = logins;
  const userId = userIdPath(jwt);
  const signer = findLoginSigner(survey, logins);
  const claims = login === undefined ? usualClaims(jwt, userId) : claimsOf(login, userId);
  const textAt = (path: readonly string[]): string | undefined =>
    signer === undefined ? memberAt(claims, path)?.text : signer.claimText(path);
  const isUserSeen = login === undefined || signer !== undefined || showsClaim(login, userId[0] ?? '');
  const holder = userId.slice(0, -1);
  const tenants =
    jwt.user?.tenantId === undefined ? usualTenantIds.map((name) => [...holder, name]) : [jwt.user.tenantId];
  const told = {
    userId: textAt(userId),
    email: textAt([...holder, 'email']),
    tenantId: tenants.map(textAt).find((one) => one !== undefined),
  };
  const members = new Map([['valid', { code: 'true' }]]);
  for (const [name, text] of Object.entries(told))
    if (text !== undefined) members.set(name, textSample(name, text));
  return { signer, claims, isUserSeen, answer: { code: '', members } };
}

/** The same, with the logins that the code shows or that `named` names. */
export function findLoginTokens(survey: Survey, jwt: JwtFact, named: readonly string[]): LoginTokens {
  const issued = findIssued(survey, findSigns(survey), (namespace) => findPluginUse(survey, namespace));
  return surveyLoginTokens(survey, jwt, decideLogins(issued, named).logins);
}

/** The claim that names the user, as the route reads it. */
export function userIdPath({ claims, user }: JwtFact): readonly string[] {
  return user?.userId ?? [claims.find((name) => usualUserIds.includes(name)) ?? 'sub'];
}

function usualClaims({ claims }: JwtFact, userId: readonly string[]): Sample {
  const names = [
    ...userId.slice(0, 1),
    'email',
    ...claims.filter((name) => usualTenantIds.includes(name)).slice(0, 1),
  ];
  return { code: '', members: new Map(names.map((name) => [name, textSample(name)])) };
}

/** A claim that the sign call does not have is no claim of the test: a wrong guess has to fail it. */
function claimsOf(login: Issued, userId: readonly string[]): Sample {
  const { claims, possible } = login.shape;
  const members = new Map<string, Sample>();
  for (const name of new Set([...claims.keys(), ...possible])) {
    const sample = claimSample(login, [name]);
    if (sample !== undefined) members.set(name, sample);
  }
  const [first = '', inner] = userId;
  // What is spread cannot be seen, and may have it.
  if (!showsClaim(login, first)) {
    const own = textSample(inner ?? first);
    members.set(first, inner === undefined ? own : { code: '', members: new Map([[inner, own]]) });
  }
  return { code: '', members };
}

/** Where everything that is signed can be seen, a claim that is not there is shown to be missing. */
function showsClaim({ shape: { claims, open, possible } }: Issued, name: string): boolean {
  return !open || claims.has(name) || possible.has(name);
}

function claimSample(login: Issued, path: readonly string[]): Sample | undefined {
  const [name = ''] = path;
  const inner = path.length === 1 ? (login.nested.get(name) ?? []) : [];
  if (inner.length > 0) {
    const members = inner.flatMap((one) => {
      const sample = claimSample(login, [name, one]);
      return sample === undefined ? [] : [[one, sample] as const];
    });
    return { code: '', members: new Map(members) };
  }
  const last = path.at(-1) ?? '';
  const texts = path.length === 1 ? (login.shape.claims.get(last) ?? []) : [];
  const type = claimTypeAt(login, path);
  if (type.endsWith('[]')) return { code: `[${printStrings(texts)}]` };
  const [text] = texts;
  if (text !== undefined) return textSample(last, text);
  if (ofToken.test(last)) return undefined;
  if (type === 'boolean') return { code: 'true' };
  return type === 'number' ? { code: '42', text: '42' } : textSample(last);
}

/** Flags that say of login tokens what the code does not. */
interface LoginAnswers {
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
