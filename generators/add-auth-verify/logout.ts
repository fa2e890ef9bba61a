import type { Route } from '../_engine/model/app-facts.ts';
import type { Service } from '../_engine/model/service.ts';
import { ensureLogout } from '../_engine/edit/ensure-hook.ts';
import { withoutGenerated } from '../_engine/program/survey.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { importsOf } from '../_engine/syntax/symbols.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import { obstaclesOf } from '../_engine/model/obstacle.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';

/** Lets the one logout route revoke the token; a note says what to do where that cannot be done. */
export function planLogout(draft: Draft, service: Service, patch: boolean): void {
  const byHand = 'await app.tokenBlacklist.revokeRequest(request)';
  const routes = service.routes.flatMap((plugin) => plugin.routes).filter(isLogout);
  const [route] = routes;
  if (!patch || route === undefined || routes.length > 1) {
    draft.note(`Call ${byHand} in your logout route to revoke the token.`);
    return;
  }
  const mayMiss = isTestedAlone(draft.repo, service, route.path);
  draft.patch(route.path, 'registration', (base) => {
    try {
      return ensureLogout(base, { line: route.line, url: route.url, mayMiss }, detectStyle([base]));
    } catch (error) {
      draft.note(`${obstaclesOf(error)[0].message} Call ${byHand} in it by hand.`);
      return [];
    }
  });
}

function isLogout({ method, url }: Route): boolean {
  return ['POST', 'DELETE', 'GET'].includes(method) && /\/(logout|log-out|signout|sign-out)$/.test(url);
}

/** A test of the service registers the routes on an application of its own, which has no denylist. */
function isTestedAlone(repo: Repo, service: Service, file: RelPath): boolean {
  const survey = withoutGenerated(openSurvey(repo, service));
  return survey.tests.some((test) => {
    if (file === service.app.file || !survey.text(test).includes('.register(')) return false;
    const imported = [...importsOf(survey.tree(test)).values()].map(({ from }) =>
      survey.names.module(test, from),
    );
    return imported.includes(file) && !imported.includes(service.app.file);
  });
}
