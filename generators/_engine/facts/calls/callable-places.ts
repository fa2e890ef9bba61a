import { attempt } from '../../model/obstacle.ts';
import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';
import { surveyService } from '../app/service.ts';
import { findAuthService } from '../auth/auth-service.ts';
import type { CallablePlace } from './service-calls.ts';

/** Where each service can be reached; one that cannot be read has no port. */
export function placesOf(repo: Repo, heads: readonly ServiceHead[]): readonly CallablePlace[] {
  const auth = findAuthService(repo, heads);
  return heads.map((head) => {
    const port = attempt(() => surveyService(repo, head, false))?.app.listen.defaultPort;
    return { head, issues: auth?.dir === head.dir, ...(port !== undefined && { port }) };
  });
}
