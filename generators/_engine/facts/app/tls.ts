import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';
import { openSurvey } from '../../program/survey.ts';
import { propertyOf } from '../../syntax/expressions.ts';
import { findInstantiations } from './instantiations.ts';

/** Whether a service listens with TLS always: its instance is made with `https: {…}`, under no condition. */
export function servesTls(repo: Repo, head: ServiceHead): boolean {
  const survey = openSurvey(repo, head);
  return findInstantiations(survey).some(({ file, node }) => {
    const options = survey.names.objectOf(node.arguments?.[0], file);
    return options && survey.names.objectOf(propertyOf(options.node, 'https'), options.file) !== undefined;
  });
}
