import type { Route } from '../_engine/model/app-facts.ts';
import type { Service } from '../_engine/model/service.ts';
import { ensureLogout } from '../_engine/edit/ensure-logout.ts';
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
  draft.patch(route.path, 'registration', (base) => {
    try {
      return ensureLogout(base, { line: route.line, url: route.url }, detectStyle([base]));
    } catch (error) {
      draft.note(`${obstaclesOf(error)[0].message} Call ${byHand} in it by hand.`);
      return [];
    }
  });
}

function isLogout({ method, url }: Route): boolean {
  return ['POST', 'DELETE', 'GET'].includes(method) && /\/(logout|log-out|signout|sign-out)$/.test(url);
}
