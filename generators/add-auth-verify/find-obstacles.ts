import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { Service } from '../_engine/model/service.ts';
import { printString } from '../_engine/syntax/print.ts';
import { usesKeyPair } from './connection-views.ts';
import type { VerifyFiles } from './files.ts';

/** What keeps the verify route out of a service. */
export function findObstacles(service: Service, path: string, files: VerifyFiles): readonly Obstacle[] {
  return [findExisting(service, path, files), findGuard(service, path), findMissingKey(service)].filter(
    (one) => one !== undefined,
  );
}

/** A route of that URL which we did not make. */
function findExisting(service: Service, path: string, files: VerifyFiles): Obstacle | undefined {
  const route = service.routes
    .flatMap((plugin) => plugin.routes)
    .find(({ method, url, path: file }) => method === 'POST' && url === path && file !== files.plugin);
  if (route === undefined) return undefined;
  return {
    code: 'E_ROUTE_EXISTS',
    at: { path: route.path, line: route.line },
    message: `POST ${path} already exists.`,
    remedy: 'Choose another URL with --path (the same for add-auth-middleware), or remove the route.',
    manual: `s2s add-auth-verify --path ${path}-token`,
  };
}

/** A guard of the whole application whose list of URLs does not have this one yet. */
function findGuard({ guard }: Service, path: string): Obstacle | undefined {
  if (guard === undefined || guard.optOut !== undefined || guard.lists.includes(path)) return undefined;
  return {
    code: 'E_ROUTE_GUARDED',
    at: { path: guard.path, line: guard.line },
    message: `A hook of the application refuses URLs outside its list, and ${path} is not in the list.`,
    remedy: `Add ${printString(path)} to that list and run the command again.`,
    manual: `${printString(path)},`,
  };
}

/** A pair whose public key no other file can reach; @fastify/jwt has it already. */
function findMissingKey(service: Service): Obstacle | undefined {
  const { library, algorithm, secret, signs } = service.jwt;
  if (!usesKeyPair(service) || library === '@fastify/jwt' || secret !== undefined) return undefined;
  const [sign] = signs;
  return {
    code: 'E_NO_VERIFY_KEY',
    ...(sign !== undefined && { at: { path: sign.path, line: sign.line } }),
    message: `${service.name} signs with ${algorithm}, but its code has no public key that another file can import.`,
    remedy:
      'Export the public key, or verify with a public key from the environment, and run the command again.',
  };
}
