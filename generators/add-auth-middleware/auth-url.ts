import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Destination } from '../_engine/edit/declare-variables.ts';
import { isObstacle } from '../_engine/model/refusal.ts';
import { findAuthService } from '../_engine/facts/auth/auth-service.ts';
import { surveyService } from '../_engine/facts/app/service.ts';
import { findTarget, surveyHeads } from '../_engine/repo/services.ts';

const usualUrl = 'http://localhost:3001';

/** The service that verifies tokens, and where it is. */
export interface AuthAddress {
  /** On a developer's machine: by its own code when it is in the repo. */
  readonly defaultUrl: string;
  /** Undefined: it is not in the repo. */
  readonly auth: Destination | undefined;
}

export function findAuthAddress(repo: Repo, named: string | undefined): AuthAddress | readonly Obstacle[] {
  const heads = surveyHeads(repo);
  const elsewhere = { defaultUrl: usualUrl, auth: undefined };
  if (named === 'none') return elsewhere;
  const head = named === undefined ? findAuthService(repo, heads) : findTarget(heads, named);
  if (isObstacle(head)) return [head];
  if ('ok' in head) return elsewhere;
  const service = surveyService(repo, head);
  const port = 'ok' in service ? undefined : service.app.listen.defaultPort;
  const defaultUrl = port === undefined ? usualUrl : `http://localhost:${String(port)}`;
  return { defaultUrl, auth: { head, port } };
}
