import type { RelPath, Repo, ServiceHead } from '../contract.ts';
import { findExported } from './exports.ts';
import { openSources } from './sources.ts';

/** The file of a service that exports a class of that name; undefined when none does. */
export function findInstalled(
  repo: Repo,
  service: ServiceHead,
  className: 'CircuitBreaker' | 'ServiceClient',
): RelPath | undefined {
  const sources = openSources(repo, service);
  return sources
    .mentioning(new RegExp(`\\bclass ${className}\\b`))
    .find((path) => findExported(sources.tree(path), className) !== undefined);
}
