import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';

/**
 * An interface without members takes any object, one with members those alone: where routes have a `config` whose members
 * are declared nowhere, it must stay empty. What was generated before stays as it is.
 */
export function declaresConfig(service: Service, repo: Repo, plugin: RelPath): boolean {
  const own = repo.read(plugin);
  if (own !== undefined) return own.includes('FastifyContextConfig');
  const survey = openSurvey(repo, service);
  if (survey.filesMatching(/\bFastifyContextConfig\b/).length > 0) return true;
  return survey.filesMatching(/\bconfig\s*:\s*\{(?!\s*rateLimit\b)/).length === 0;
}
