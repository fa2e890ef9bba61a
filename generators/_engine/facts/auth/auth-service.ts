import { type Obstacle, type Place, RefusalError } from '../../model/obstacle.ts';
import type { Repo } from '../../model/repo.ts';
import type { Service, ServiceHead } from '../../model/service.ts';
import { callsIn } from '../../syntax/calls.ts';
import { placeOf, type ts } from '../../syntax/tree.ts';
import { memberOf, propertyOf, stringOf } from '../../syntax/expressions.ts';
import { findTarget, surveyHeads } from '../../repo/services.ts';
import { surveyService } from '../app/service.ts';
import { findSigns } from './jwt-signs.ts';
import { openSurvey, type Survey } from '../../program/survey.ts';

/**
 * The service that signs the tokens; when none signs, the one with a login route. A sign call in a test says nothing,
 * nor does the name of a folder. @throws RefusalError E_NO_AUTH_SERVICE, E_AMBIGUOUS_AUTH
 */
export function locateAuthService(repo: Repo, heads: readonly ServiceHead[]): ServiceHead {
  const { found, signs } = findIssuers(repo, heads);
  const [only, other] = found.keys();
  if (only === undefined) throw new RefusalError(noAuthService(heads));
  if (other !== undefined) throw new RefusalError(ambiguous(found, signs));
  return only;
}

/** The same; undefined where there is none, or more than one. */
export function findAuthService(repo: Repo, heads: readonly ServiceHead[]): ServiceHead | undefined {
  const [only, other] = findIssuers(repo, heads).found.keys();
  return other === undefined ? only : undefined;
}

/** The service is the one that issues the tokens. */
export function isAuthService(repo: Repo, { dir }: Pick<ServiceHead, 'dir'>): boolean {
  return findAuthService(repo, surveyHeads(repo))?.dir === dir;
}

/**
 * The service that `--auth` names, else the one that is found; undefined for `none`: it is in another repository.
 * @throws RefusalError
 */
export function surveyAuthService(repo: Repo, named: string | undefined): Service | undefined {
  if (named === 'none') return undefined;
  const heads = surveyHeads(repo);
  return surveyService(repo, named === undefined ? locateAuthService(repo, heads) : findTarget(heads, named));
}

/** What `--auth` may have been: nothing where one service alone issues the tokens. */
export function possibleAuthAnswers(repo: Repo): readonly Readonly<{ auth?: string }>[] {
  const heads = surveyHeads(repo);
  if (findAuthService(repo, heads) !== undefined) return [{}];
  return [{ auth: 'none' }, ...heads.map(({ dir }) => ({ auth: dir }))];
}

/** The services that sign tokens, else those with a login route, each with the place. */
function findIssuers(
  repo: Repo,
  heads: readonly ServiceHead[],
): Readonly<{ found: ReadonlyMap<ServiceHead, Place>; signs: boolean }> {
  const signing = evidence(repo, heads, findSign);
  const signs = signing.size > 0;
  return { found: signs ? signing : evidence(repo, heads, findLoginRoute), signs };
}

/** The services that have it, and where. */
function evidence(
  repo: Repo,
  heads: readonly ServiceHead[],
  find: (survey: Survey) => Place | undefined,
): ReadonlyMap<ServiceHead, Place> {
  return new Map(
    heads.flatMap((head) => {
      const place = find(openSurvey(repo, head));
      return place === undefined ? [] : [[head, place] as const];
    }),
  );
}

function findSign(survey: Survey): Place | undefined {
  return findSigns(survey)[0];
}

const loginPath = /(^|\/)(log-?in|sign-?in|token|sessions?|authenticate)\/?$/i;

function findLoginRoute(survey: Survey): Place | undefined {
  for (const path of survey.filesMatching(/log-?in|sign-?in|token|session|authenticate/i)) {
    const call = callsIn(survey.tree(path)).find((one) => loginPath.test(postedUrl(one) ?? ''));
    if (call !== undefined) return placeOf(call, path);
  }
  return undefined;
}

/** The URL of `app.post('/x', …)` and of `app.route({ method: 'POST', url: '/x' })`. */
function postedUrl({ arguments: given, expression }: ts.CallExpression): string | undefined {
  const [first] = given;
  const method = memberOf(expression);
  if (method === 'post' && given.length > 1) return stringOf(first);
  if (method !== 'route' || stringOf(propertyOf(first, 'method'))?.toUpperCase() !== 'POST') return undefined;
  return stringOf(propertyOf(first, 'url')) ?? stringOf(propertyOf(first, 'path'));
}

function noAuthService(heads: readonly ServiceHead[]): Obstacle {
  return {
    code: 'E_NO_AUTH_SERVICE',
    message:
      heads.length === 1
        ? `${heads[0]?.name ?? ''} neither signs a JWT nor has a login route.`
        : `None of the ${heads.length} Fastify services signs a JWT or has a login route.`,
    remedy:
      'Name the service that issues tokens: --target for add-auth-verify, --auth for add-s2s; --auth none if it is in another repository.',
  };
}

function ambiguous(found: ReadonlyMap<ServiceHead, Place>, signs: boolean): Obstacle {
  const [at] = found.values();
  const services = [...found].map(([{ name }, { path, line }]) => `${name} (${path}:${String(line)})`);
  return {
    code: 'E_AMBIGUOUS_AUTH',
    ...(at && { at: { path: at.path, line: at.line ?? 1 } }),
    message: `More than one service ${signs ? 'signs JWTs' : 'has a login route'}: ${services.join(', ')}.`,
    remedy: 'Name the service that issues tokens: --target for add-auth-verify, --auth for add-s2s.',
  };
}
