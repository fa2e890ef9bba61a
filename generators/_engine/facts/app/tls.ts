import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';
import { openSurvey } from '../../program/survey.ts';
import { propertyOf, unwrap } from '../../syntax/expressions.ts';
import { ts } from '../../syntax/tree.ts';
import { findInstantiations } from './instantiations.ts';

/** Whether a service listens with TLS always: its instance is made with `https: {…}`, under no condition. */
export function servesTls(repo: Repo, head: ServiceHead): boolean {
  const survey = openSurvey(repo, head);
  return findInstantiations(survey).some(({ file, node }) => {
    const [given] = node.arguments ?? [];
    const options = given && survey.names.value(given, file)?.node;
    if (options === undefined || !ts.isObjectLiteralExpression(options)) return false;
    const https = propertyOf(options, 'https');
    const value = https && survey.names.value(unwrap(https), file)?.node;
    return value !== undefined && ts.isObjectLiteralExpression(value);
  });
}
