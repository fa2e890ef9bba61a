import type { Obstacle, Refusal, Repo, ServiceHead } from '../contract.ts';
import { refuse } from '../obstacle.ts';
import { ts, walk } from '../syntax.ts';
import { memberOf, propertyOf, stringOf } from './expressions.ts';
import { findSigns } from './jwt-signs.ts';
import { openSurvey, type Survey } from './survey.ts';

/**
 * The service that signs the tokens; when none signs, the one with a login route. A sign call in a test says nothing,
 * nor does the name of a folder.
 */
export function findAuthService(repo: Repo, heads: readonly ServiceHead[]): ServiceHead | Refusal {
  const issuers = heads.filter((head) => signs(openSurvey(repo, head)));
  const found = issuers.length > 0 ? issuers : heads.filter((head) => hasLoginRoute(openSurvey(repo, head)));
  const [only, other] = found;
  if (only === undefined) return refuse(noAuthService(heads));
  return other === undefined ? only : refuse(ambiguous(found, issuers.length > 0));
}

const signing = new WeakMap<Survey, boolean>();

function signs(survey: Survey): boolean {
  const known = signing.get(survey) ?? findSigns(survey).length > 0;
  signing.set(survey, known);
  return known;
}

const loginPath = /(^|\/)(log-?in|sign-?in|token|sessions?|authenticate)\/?$/i;

function hasLoginRoute(survey: Survey): boolean {
  return survey.mentioning(/log-?in|sign-?in|token|session|authenticate/i).some((file) => {
    let found = false;
    walk(survey.tree(file), (node) => {
      if (found) return false;
      if (ts.isCallExpression(node)) found = loginPath.test(postedUrl(node) ?? '');
      return !found;
    });
    return found;
  });
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
      'Name the service that issues the tokens: --target for add-auth-verify, --auth for add-s2s; --auth none when it is in another repository.',
  };
}

function ambiguous(found: readonly ServiceHead[], signs: boolean): Obstacle {
  const names = found.map(({ dir, name }) => (dir === '' || dir === name ? name : `${name} (${dir})`));
  return {
    code: 'E_AMBIGUOUS_AUTH',
    message: `More than one service ${signs ? 'signs JWTs' : 'has a login route'}: ${names.join(', ')}.`,
    remedy: 'Name the one that issues the tokens: --target for add-auth-verify, --auth for add-s2s.',
  };
}
