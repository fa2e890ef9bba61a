import type { RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';
import { findExport } from '../../syntax/symbols.ts';
import { openSources } from '../../program/sources.ts';

/** The file of a service that exports a class of that name; undefined when none does. */
export function findInstalled(
  repo: Repo,
  service: ServiceHead,
  className: 'CircuitBreaker' | 'ServiceClient',
): RelPath | undefined {
  const sources = openSources(repo, service);
  return sources
    .mentioning(new RegExp(`\\bclass ${className}\\b`))
    .find((path) => findExport(sources.tree(path), className) !== undefined);
}
