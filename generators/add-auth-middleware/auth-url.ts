import type { Answers, Obstacle, Repo } from '../_engine/contract.ts';
import { isObstacle } from '../_engine/obstacle.ts';
import { findAuthService } from '../_engine/survey/auth-service.ts';
import { surveyService } from '../_engine/survey/service.ts';
import { findTarget, surveyHeads } from '../_engine/survey/services.ts';

const usualUrl = 'http://localhost:3001';

/** Where the auth service listens on a developer's machine: by its own code when it is in the repo. */
export function findAuthUrl(repo: Repo, answers: Answers): string | readonly Obstacle[] {
  const heads = surveyHeads(repo);
  const named = answers['auth'] as string | undefined;
  if (named === 'none') return usualUrl;
  const head = named === undefined ? findAuthService(repo, heads) : findTarget(heads, named);
  if (isObstacle(head)) return [head];
  if ('ok' in head) return usualUrl;
  const service = surveyService(repo, head);
  const port = 'ok' in service ? undefined : service.app.listen.defaultPort;
  return port === undefined ? usualUrl : `http://localhost:${String(port)}`;
}
