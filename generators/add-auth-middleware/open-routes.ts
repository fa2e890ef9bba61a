import type { Answers, Repo, Service } from '../_engine/contract.ts';
import { findAuthService } from '../_engine/survey/auth-service.ts';
import { findPublicRoutes } from '../_engine/survey/public-routes.ts';
import { surveyHeads } from '../_engine/survey/services.ts';

const beforeToken =
  /\/(login|log-in|signin|sign-in|register|signup|sign-up|refresh|refresh-token|forgot-password|reset-password)$/i;

/** The routes that `--protect all` leaves open, and what the user should know of the others; one sentence each. */
export function openRoutes(
  service: Service,
  repo: Repo,
  answers: Answers,
): Readonly<{ routes: readonly string[]; notes: readonly string[] }> {
  const found = findPublicRoutes(service);
  // Asked for a token itself, the verify route would ask itself for ever.
  const routes = isIssuer(service, repo) ? [...found, answers['path'] as string] : found;
  const urls = service.routes.flatMap((plugin) => plugin.routes.map(({ url }) => url));
  const early = [...new Set(urls)].filter((url) => beforeToken.test(url) && !routes.includes(url));
  const { file, madeBy } = service.app;
  const notes: string[] = [];
  if (early.length > 0) {
    notes.push(
      `A token is asked for at ${early.join(', ')} too: add to publicRoutes what is called before there is one.`,
    );
  }
  if (madeBy !== undefined) {
    notes.push(
      `Routes that ${madeBy} adds to the instance ask for a token too: add the public ones to publicRoutes (${file}).`,
    );
  }
  return { routes, notes };
}

function isIssuer(service: Service, repo: Repo): boolean {
  const auth = findAuthService(repo, surveyHeads(repo));
  return !('ok' in auth) && auth.dir === service.dir;
}
