import { findService } from '../_engine/facts/app/service.ts';
import { findAllowedServices } from '../_engine/facts/auth/allowed-services.ts';
import type { Answers, Choice, Site } from '../_engine/model/generator.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { recordedAnswers } from '../_engine/record/recorded-answers.ts';
import { surveyHeads } from '../_engine/repo/services.ts';

/** Services of the repo beside the targets. */
export function callerChoices(repo: Repo, given: Answers): readonly Choice[] {
  const dirs = targetsOf(given);
  return surveyHeads(repo)
    .filter(({ dir }) => !dirs.includes(dir))
    .map(({ name }) => ({ value: name }));
}

/** Route plugins of the targets that can have a list of services. */
export function pluginChoices(repo: Repo, given: Answers): readonly Choice[] {
  const services = targetsOf(given).flatMap((dir) => findService(repo, dir) ?? []);
  return services.flatMap((service) => encapsulated(service).map(({ name }) => ({ value: name })));
}

/** Then nothing has to be named: what the code allows, if anything is left of it, is planned again. */
export function isRunAgain({ heads, repo }: Site, given: Answers): boolean {
  const targets = heads.filter(({ dir }) => targetsOf(given).includes(dir));
  return targets.every(
    (head) =>
      recordedAnswers(repo, head.dir, ['add-service-tokens']).length > 0 ||
      findAllowedServices(openSurvey(repo, head)).names.length > 0,
  );
}

/** Route plugins with a context of their own. */
export function encapsulated({ routes }: Service): Service['routes'] {
  return routes.filter(({ file, kind }) => kind === 'plugin' && file !== undefined);
}

function targetsOf({ target }: Answers): readonly RelPath[] {
  return Array.isArray(target) ? (target as readonly RelPath[]) : [];
}
