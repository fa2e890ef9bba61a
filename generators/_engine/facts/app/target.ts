import type { RunAnswers } from '../../model/generator.ts';
import { type Refusal, refuse } from '../../model/refusal.ts';
import type { Repo } from '../../model/repo.ts';
import type { Service } from '../../model/service.ts';
import { surveyService } from './service.ts';
import { surveyHeads } from '../../repo/services.ts';

/** The service that a plan changes: `target` is its folder. `needsInstance` as {@link surveyService} has it. */
export function surveyTarget(
  repo: Repo,
  { target }: Pick<RunAnswers, 'target'>,
  needsInstance = true,
): Service | Refusal {
  const head = surveyHeads(repo).find(({ dir }) => dir === target);
  if (head !== undefined) return surveyService(repo, head, needsInstance);
  return refuse({
    code: 'E_NO_SUCH_SERVICE',
    message: `There is no Fastify service in ${target}.`,
    remedy: 'Name a folder whose package.json depends on fastify.',
  });
}
