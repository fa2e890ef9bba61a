import type { Route } from '../_engine/model/app-facts.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { attempt } from '../_engine/model/obstacle.ts';
import type { Service } from '../_engine/model/service.ts';
import { isAuthService } from '../_engine/facts/auth/auth-service.ts';
import { findSparedRoutes } from '../_engine/facts/auth/existing-guards.ts';
import { findTokenlessRoutes } from '../_engine/facts/auth/tokenless-routes.ts';
import { likelyPublicRoutes, routeKey, uniqueRoutes } from '../_engine/facts/routes/public-routes.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { findTarget, surveyHeads } from '../_engine/repo/services.ts';

/** A route and why it may be meant for callers without a token; a name alone is no reason that is told. */
export interface ShownRoute {
  readonly route: Route;
  readonly evidence?: string;
}

/** Routes that a guard of the whole application concerns most, by what is known of them. */
export interface ConcernedRoutes {
  /** They log people in, on the service that issues the tokens: a guard would lock everybody out. */
  readonly logins: readonly Required<ShownRoute>[];
  /** They may be called without a token, by their code or by their name. */
  readonly shown: readonly ShownRoute[];
}

/** `auth`: the service that `--auth` names. */
export function findConcernedRoutes(repo: Repo, service: Service, auth: string | undefined): ConcernedRoutes {
  const all = service.routes.flatMap(({ routes }) => routes);
  const survey = openSurvey(repo, service);
  const tokenless = findTokenlessRoutes(survey, all);
  const spared = findSparedRoutes(survey, all).filter(
    ({ route }) => !tokenless.some((one) => one.route === route),
  );
  const isTokenless = (route: Route): boolean => [...tokenless, ...spared].some((one) => one.route === route);
  // Where two places register a route, both have to log people in.
  const isLogin = (key: string): boolean =>
    all.every(
      (one) => routeKey(one) !== key || tokenless.some(({ isLogin: is, route }) => is && route === one),
    );
  const issues = tokenless.some((one) => one.isLogin) && isIssuer(repo, service, auth);
  const isOpened = (route: Route): boolean => issues && route.method !== '*' && isLogin(routeKey(route));
  const logins = tokenless.filter(({ route }) => isOpened(route));
  const likely = likelyPublicRoutes(service).filter((route) => !isTokenless(route));
  const shown: readonly ShownRoute[] = [
    ...tokenless.filter(({ route }) => !isOpened(route)),
    ...spared,
    ...likely.filter(({ by }) => by === undefined).map((route) => ({ route })),
    ...uniqueRoutes(service.routes).flatMap((route) =>
      route.by === undefined ? [] : [{ route, evidence: route.by }],
    ),
  ];
  const order = new Map(all.map((route, index) => [routeKey(route), index]));
  const at = ({ route }: ShownRoute): number => order.get(routeKey(route)) ?? 0;
  return { logins: once(logins), shown: once(shown).toSorted((a, b) => at(a) - at(b)) };
}

function once<T extends ShownRoute>(found: readonly T[]): readonly T[] {
  return [...new Map(found.map((one) => [routeKey(one.route), one])).values()];
}

/** Whether it signs the tokens: by `--auth`, else by its code. */
export function isIssuer(repo: Repo, service: Service, auth: string | undefined): boolean {
  if (auth === undefined || auth === 'none') return isAuthService(repo, service);
  return attempt(() => findTarget(surveyHeads(repo), auth))?.dir === service.dir;
}
