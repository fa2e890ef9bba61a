import { openRepo } from './repo.ts';
import { findRoot } from './root.ts';
import { findAuthService } from './survey/auth-service.ts';
import { surveyHeads } from './survey/services.ts';

/** The services found from a working directory, one line each. */
export function surveyOverview(workingDirectory: string): readonly string[] {
  const root = findRoot(workingDirectory, undefined);
  const repo = openRepo(root);
  const heads = surveyHeads(repo);
  if (heads.length === 0) return [`No Fastify service found below ${root}.`];
  const auth = findAuthService(repo, heads);
  const authDir = 'ok' in auth ? undefined : auth.dir;
  return [
    `Fastify services below ${root}:`,
    ...heads.map(
      ({ name, dir }) => `  ${name.padEnd(24)} ${dir}${dir === authDir ? '  (issues the tokens)' : ''}`,
    ),
  ];
}
