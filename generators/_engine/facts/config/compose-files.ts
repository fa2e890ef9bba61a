import { joinRel, type RelPath, toRel } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';

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
