import { findAppPlace } from '../_engine/facts/app/app-place.ts';
import { findKeysInUse } from '../_engine/facts/auth/keys-in-use.ts';
import { findOldFastify } from '../_engine/facts/installed-version.ts';
import type { GuardsAhead } from '../_engine/facts/auth/root-hooks.ts';
import { needOf } from '../_engine/facts/routes/guard-order.ts';
import type { Obstacle, Place } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { openSurvey, type Survey } from '../_engine/program/survey.ts';
import { findCalls } from '../_engine/syntax/calls.ts';
import { printString } from '../_engine/syntax/print.ts';
import { lineOf } from '../_engine/syntax/tree.ts';
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
    findMissingKey(repo, service),
    findForeignTokens(repo, service, path),
    findHiddenJwt(repo, service),
    findOldFastify(service),
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

/** A key that no other file can reach; @fastify/jwt has it already. */
function findMissingKey(repo: Repo, service: Service): Obstacle | undefined {
  const { library, algorithm, secret, signs } = service.jwt;
  const [sign] = signs;
  if (/^(?:@fastify\/jwt|none)$/.test(library) || secret !== undefined || sign === undefined)
    return undefined;
  const keys = findKeysInUse(openSurvey(repo, service));
  if (keys !== undefined && keys.before === undefined) return withoutSecret(keys.createdIn);
  const isPair = usesKeyPair(service);
  return {
    code: 'E_NO_VERIFY_KEY',
    at: { path: sign.path, line: sign.line },
    message: `${service.name} signs with ${algorithm}, but its code has no ${isPair ? 'public key' : 'secret'} that another file can import.`,
    remedy: isPair
      ? 'Export the public key, or verify with a public key from the environment, and run the command again.'
      : 'Export the secret, or read it from the environment or the configuration, and run the command again.',
  };
}

/** The last step of the keys is done: what the generator writes would accept tokens of a secret again. */
function withoutSecret(path: RelPath): Obstacle {
  return {
    code: 'E_NO_VERIFY_KEY',
    at: { path },
    message:
      'Tokens of the keys alone are accepted here, and what this command writes accepts those of a secret as well.',
    remedy:
      'Nothing is to be done. To update the file, give keys.createVerifier its argument again for the run, and remove it afterwards.',
  };
}

/** Tokens that somebody else signs: with a secret of its own, the verify route would refuse all of them. */
function findForeignTokens(repo: Repo, service: Service, path: string): Obstacle | undefined {
  const { library, registeredIn, signs } = service.jwt;
  const issuer = findForeignIssuer(openSurvey(repo, service));
  const verifiesOnly = library !== 'none' && registeredIn === undefined;
  if (signs.length > 0 || registeredIn !== undefined || (!verifiesOnly && issuer === undefined))
    return undefined;
  const by = issuer ?? library;
  return {
    code: 'E_NO_AUTH_SERVICE',
    at: { path: service.app.file },
    message: `${service.name} signs no tokens itself (it depends on ${by}): there is no key with which POST ${path} could verify them.`,
    remedy: `Write the route with ${by}: it answers 200 with the user, or 401; add-auth-middleware --path ${path} asks it.`,
    manual: `app.post('${path}', async (request, reply) => {
  // Verify request.body.token here: { valid: true, userId, email?, tenantId? }, or reply.code(401) and { valid: false }.
});`,
  };
}

/** Where @fastify/jwt is registered in a context of its own, and nowhere on the application: `app.jwt` is undefined there. */
function findEncapsulatedJwt(survey: Survey): Place | undefined {
  const { file, names, scope } = findAppPlace(survey);
  const isJwt = (name: string): boolean => name === '@fastify/jwt' || name === 'fastify-jwt';
  const needs = findCalls(scope, names).map((use) => ({ use, need: needOf(survey, use, file, isJwt) }));
  if (needs.some(({ need }) => need === 'here')) return undefined;
  const child = needs.find(({ need }) => need === 'child');
  return child && { path: file, line: lineOf(survey.tree(file), child.use.call.getStart()) };
}

/** Packages whose tokens somebody else signs: an identity provider, or a service of its own. */
const issuers = [
  'firebase-admin',
  'google-auth-library',
  'better-auth',
  'supertokens-node',
  '@supabase/supabase-js',
  'aws-jwt-verify',
  'keycloak-connect',
  'openid-client',
  'jwks-rsa',
  'get-jwks',
  'fastify-jwt-jwks',
  'jwt-decode',
] as const;
const families = /^@(?:clerk|okta|auth0|ory)\//;

/** The package that says where a service's tokens come from, if not from the service; undefined without one. */
function findForeignIssuer({ head }: Survey): string | undefined {
  const names = Object.keys(head.manifest.dependencies);
  return issuers.find((name) => names.includes(name)) ?? names.find((name) => families.test(name));
}
