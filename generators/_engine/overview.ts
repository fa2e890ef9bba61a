import { RefusalError } from './obstacle.ts';
import { openRepo } from './repo.ts';
import { findRoot } from './root.ts';
import { findAuthService } from './survey/auth-service.ts';
import { surveyHeads } from './survey/services.ts';

/** The services found in `cwd`, or in the repository around the working directory, one line each. */
export function surveyOverview(workingDirectory: string, cwd: string | undefined): readonly string[] {
  const root = rootOf(workingDirectory, cwd);
  if (typeof root !== 'string') return root;
  const repo = openRepo(root);
  const heads = surveyHeads(repo);
  if (heads.length === 0) return [`No Fastify service found below ${root}.`];
  const auth = findAuthService(repo, heads);
  const authDir = 'ok' in auth ? undefined : auth.dir;
  const width = Math.max(...heads.map(({ name }) => name.length));
  return [
    `Fastify services below ${root}:`,
    ...heads.map(
      ({ name, dir }) =>
        `  ${name.padEnd(width)}  ${dir || '.'}${dir === authDir ? '  (issues the tokens)' : ''}`,
    ),
  ];
}

function rootOf(workingDirectory: string, cwd: string | undefined): string | readonly string[] {
  try {
    return findRoot(workingDirectory, cwd);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    return error.obstacles.map(({ message, remedy }) => `${message} ${remedy}`);
  }
}
