import type { Obstacle } from '../_engine/model/obstacle.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { findEncapsulatedJwt } from '../_engine/facts/auth/jwt-context.ts';
import type { GuardsAhead } from '../_engine/facts/auth/guards-ahead.ts';
import { openSurvey } from '../_engine/program/survey.ts';
import { printString } from '../_engine/syntax/print.ts';
import { usesKeyPair } from './connection-views.ts';
import type { VerifyFiles } from './files.ts';

/** What keeps the verify route out of a service. */
export function findObstacles(
  repo: Repo,
  service: Service,
  path: string,
  files: VerifyFiles,
  guards: GuardsAhead,
): readonly Obstacle[] {
  return [
    findExisting(service, path, files),
    ...findClosedHooks(guards, path),
    findMissingKey(service),
    findHiddenJwt(repo, service),
  ].filter((one) => one !== undefined);
}

/** @fastify/jwt in a context of its own: the verify route, on the application, has no `app.jwt`. */
function findHiddenJwt(repo: Repo, service: Service): Obstacle | undefined {
  const at =
    service.jwt.library === '@fastify/jwt' ? findEncapsulatedJwt(openSurvey(repo, service)) : undefined;
  if (at === undefined) return undefined;
  return {
    code: 'E_NO_REGISTRATION_PLACE',
    at,
    message:
      '@fastify/jwt is registered in a context of its own here: the verify route, which other services call, cannot use it.',
    remedy:
      'Register @fastify/jwt on the application itself (wrap its plugin in fastify-plugin), and run the command again.',
  };
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

/** Hooks of the application that refuse whoever has no token: other services, which ask about one, have none. */
function findClosedHooks({ closed }: GuardsAhead, path: string): readonly Obstacle[] {
  return closed.map(({ decision, line, path: file }) => ({
    code: 'E_ROUTE_GUARDED',
    at: { path: file, ...(line !== undefined && { line }) },
    message: `A hook of the application ${decision === 'refuses' ? 'refuses' : 'may refuse'} POST ${path}, which other services call without a token.`,
    remedy: `Let POST ${path} pass there, for example by adding it to the public URLs, and run the command again.`,
    manual: printString(path),
  }));
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
