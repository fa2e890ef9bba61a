import type { Answers } from '../../model/generator.ts';
import type { Obstacle } from '../../model/obstacle.ts';
import type { RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import type { Service, ServiceHead } from '../../model/service.ts';
import { importSpecifier, placeFile } from '../style/place-file.ts';
import { isIn } from '../../repo/shared-packages.ts';
import { findService } from '../app/service.ts';
import { findExport } from '../../syntax/symbols.ts';
import { openSources } from '../../program/survey.ts';

/** The ServiceClient that a service has. */
export interface InstalledClient {
  readonly path: RelPath;
  /** The answers that give it again, as the variant that it is; undefined: it is not ours. */
  readonly variant: Answers | undefined;
  /** It has the errors of ours, so that the middleware can tell them apart. */
  readonly hasErrors: boolean;
}

/** Undefined when the service has none. */
export function findClient(repo: Repo, service: Service): InstalledClient | undefined {
  const own = placeFile(service, 'shared', 'service-client');
  const isShared = isIn(service.layout.shared, own) && repo.read(own) !== undefined;
  const path = isShared ? own : findInstalled(repo, service, 'ServiceClient');
  if (path === undefined) return undefined;
  const text = repo.read(path) ?? '';
  const imports = (part: string): boolean =>
    text.includes(importSpecifier(service, own, placeFile(service, 'shared', part)));
  const isOurs = path === own && imports('http-transport');
  const lacks = (part: string, word: string): boolean =>
    repo.read(placeFile(service, 'shared', part))?.includes(word) === false;
  const variant = {
    // Before that file had two texts, a client without retries did not import it.
    without: !imports('retry-policy') || lacks('retry-policy', 'budgetRatio') ? ['retry'] : [],
    transport: lacks('http-transport', 'undici') ? 'fetch' : 'undici',
  };
  return { path, variant: isOurs ? variant : undefined, hasErrors: /\bServiceClientError\b/.test(text) };
}

/** `lack`: why a client that was written by hand is of no use. */
export function foreignClient(path: RelPath, lack: string): Obstacle {
  return {
    code: 'E_FILE_EXISTS',
    at: { path },
    message: `${path} has a ServiceClient that was not generated: it ${lack}.`,
    remedy: 'Rename that class and run the command again: it adds its own ServiceClient.',
  };
}

/** The answers that give the client of a service again; parts that are there are planned again without being asked for. */
export function clientAnswers(repo: Repo, dir: RelPath): Answers {
  const service = findService(repo, dir);
  return service === undefined ? {} : { ...findClient(repo, service)?.variant };
}

/** The file of a service that exports a class of that name; undefined when none does. */
export function findInstalled(
  repo: Repo,
  service: ServiceHead,
  className: 'CircuitBreaker' | 'ServiceClient',
): RelPath | undefined {
  const sources = openSources(repo, service);
  return sources
    .filesMatching(new RegExp(`\\bclass ${className}\\b`))
    .find((path) => findExport(sources.tree(path), className) !== undefined);
}
