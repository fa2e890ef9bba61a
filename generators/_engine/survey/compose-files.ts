import type { RelPath, Repo } from '../contract.ts';
import { joinRel, toRel } from '../paths.ts';

/** Compose files at the root, in a folder `docker` or `deploy` there, and in these folders. */
export function findComposeFiles(repo: Repo, dirs: readonly RelPath[]): readonly RelPath[] {
  const usual = ['', 'docker', 'deploy'].map(toRel);
  return [...new Set([...usual, ...dirs])].flatMap((dir) =>
    repo
      .list(dir)
      .filter(
        ({ kind, name }) => kind === 'file' && /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/.test(name),
      )
      .map(({ name }) => joinRel(dir, name)),
  );
}
