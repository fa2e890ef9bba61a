import type { Repo } from '../../model/repo.ts';
import type { Service } from '../../model/service.ts';
import { manifestsAbove } from '../../repo/manifest.ts';

/** npm allows no longer name. */
const maxNameLength = 214;

/**
 * What a service's keys and channels in Redis are named by, so that two products on one Redis stay apart: the package
 * names of the workspace and the service, `acme/auth-service`. Only characters that mean nothing in a string literal,
 * in a glob pattern of Redis or in an ACL.
 */
export function redisScope(repo: Repo, { dir, name }: Pick<Service, 'dir' | 'name'>): string {
  const above = manifestsAbove(repo, dir)
    .map(({ json }) => json['name'])
    .filter((one) => typeof one === 'string' && one !== '');
  const names = [...new Set([name, ...(above as string[])])].reverse();
  return names.map((one) => one.slice(0, maxNameLength).replaceAll(/[^\w@./~-]+/g, '-')).join('/');
}
