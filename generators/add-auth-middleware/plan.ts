import { generator as serviceClient } from '../add-service-client/index.ts';
import type { Adoption, Answers, AnswersTo } from '../_engine/model/generator.ts';
import { RefusalError, runAll } from '../_engine/model/obstacle.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Plan } from '../_engine/model/plan.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Service } from '../_engine/model/service.ts';
import { importSpecifier, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import { createTestKit } from '../_engine/edit/test-kit.ts';
import { type Draft, openDraft } from '../_engine/repo/draft.ts';
import { render, renderModule, renderTest } from '../_engine/render/render.ts';
import { findUrlVariable } from '../_engine/facts/config/config.ts';
import { clientAnswers, findClient, foreignClient } from '../_engine/facts/calls/installed-client.ts';
import { findOldFastify } from '../_engine/facts/installed-version.ts';
import { surveyTarget } from '../_engine/facts/app/service.ts';
import { recordedAnswers } from '../_engine/record/recorded-answers.ts';
import { findAuthAddress, wireMiddleware } from './wiring.ts';
import { chooseProtection, type Protection, readPublic } from '../_engine/facts/routes/protection.ts';
import { opens } from '../_engine/facts/routes/public-routes.ts';
import { notesBesideGuard } from './beside-guard.ts';
import { placeAmongPlugins } from './guard-registration.ts';
import { openRoutes } from './open-routes.ts';
import { findCallers } from './allowed-callers.ts';
import { localNotes, readVerification } from './local-verification.ts';
import { chooseNames, type MiddlewareNames } from './names.ts';
import type { ClaimCacheTestView } from './view.ts';
import {
  type MiddlewareChoices,
  type MiddlewareFiles,
  middlewareTests,
  middlewareTestView,
  middlewareView,
} from './views.ts';
import { createAuthenticationTest } from './authentication-test.ts';
import { existingGuardNotes, findCarriedClaims, missingRouteNotes } from './verify-route.ts';
import { possibleAuthAnswers } from '../_engine/facts/auth/auth-service.ts';

const defaultCacheTtlMs = 10_000;
const maxCacheTtlMs = 86_400_000;

export type MiddlewareAnswers = Omit<AnswersTo<typeof serviceClient.questions>, 'with'> & {
  readonly protect: readonly string[];
  readonly public: readonly string[];
  readonly auth: string | undefined;
  readonly path: string;
  readonly decorate: string | undefined;
  readonly cacheTtl: string | undefined;
  readonly verify: 'remote' | 'local';
  readonly jwks: string | undefined;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly with: readonly ('window' | 'backoff' | 'diagnostics' | 'cache')[];
};

/** The middleware and its tests, wired before the routes, with its hook on the chosen ones; the client if missing. */
export async function planAuthMiddleware(answers: MiddlewareAnswers, repo: Repo): Promise<Plan> {
  const service = surveyTarget(repo, answers);
  const middleware = placeMiddleware(repo, service, answers);
  const [names, protection, cacheTtlMs, verification, chosen] = runAll(
    () => chooseNames(service, middleware, answers.decorate),
    () => chooseProtection(repo, service, answers),
    () => readCacheTtl(answers),
    () => chooseVerification(repo, answers),
    () => readPublic(answers),
  );

  const draft = openDraft(repo);
  const files = placeFiles(repo, service, middleware, await planClient(draft, service, answers));
  const open = protection.all ? openRoutes(service, repo, answers, chosen) : undefined;
  const decided = {
    path: answers.path,
    cacheTtlMs,
    // As its client does.
    diagnostics: draft.repo.read(files.diagnostics) !== undefined,
    // Where add-s2s-revocation has been.
    revocation: cacheTtlMs !== undefined && draft.repo.read(files.subscriber) !== undefined,
    ...verification,
    urlVariable: findUrlVariable(repo, service, verification.auth),
    alternatives: service.manifest.dependencies['@fastify/auth'] !== undefined,
    // As it does already.
    guardsAll: protection.all || draft.repo.read(files.guard)?.includes('guardRoutes(') === true,
    publicRoutes: open?.routes,
    carried: findCarriedClaims(repo, verification.auth),
  };
  const choices: MiddlewareChoices = { ...decided, callers: findCallers(draft.repo, service, decided) };
  draft.note(
    ...(open?.notes ?? []),
    ...guardNotes(repo, service, protection, open?.routes ?? []),
    ...verificationNotes(repo, answers, choices),
    ...existingGuardNotes(repo, service, guardedBy(protection, service), names.decorator, verification),
  );
  renderMiddleware(draft, service, files, names, choices);
  await wireMiddleware(draft, service, files, names, choices, protection.plugins);
  return draft.finish();
}

function guardedBy({ all, plugins }: Protection, { routes }: Service): Service['routes'] {
  return all ? routes : plugins;
}

/** What stands beside the guard; `open` are the public routes. */
function guardNotes(
  repo: Repo,
  service: Service,
  protection: Protection,
  open: readonly string[],
): readonly string[] {
  const guarded = guardedBy(protection, service);
  if (!protection.all && guarded.length === 0) return [];
  const routes = guarded.flatMap((plugin) => plugin.routes);
  const closed = routes.filter((route) => !open.some((entry) => opens(entry, route)));
  return notesBesideGuard(repo, service, closed);
}

/** Who verifies tokens, and where: a local verifier needs no auth service in the repo. */
function chooseVerification(
  repo: Repo,
  answers: MiddlewareAnswers,
): Pick<MiddlewareChoices, 'auth' | 'defaultUrl' | 'local'> {
  const local = readVerification(answers);
  if (local !== undefined) return { local, defaultUrl: local.origin, auth: undefined };
  return { local, ...findAuthAddress(repo, answers.auth) };
}

function verificationNotes(
  repo: Repo,
  { auth: named, path }: MiddlewareAnswers,
  { auth, local, urlVariable }: MiddlewareChoices,
): readonly string[] {
  return local === undefined ? missingRouteNotes(repo, named, auth, path) : localNotes(local, urlVariable);
}

function placeFiles(repo: Repo, service: Service, middleware: RelPath, client: RelPath): MiddlewareFiles {
  const inUtils = (name: string): RelPath => placeFile(service, 'utils', name);
  const inShared = (name: string): RelPath => placeFile(service, 'shared', name);
  return {
    middleware,
    authentication: placeAuthentication(repo, service),
    client,
    cache: inShared('claim-cache'),
    guard: inShared('route-guard'),
    alternatives: inShared('auth-alternatives'),
    diagnostics: inShared('service-diagnostics'),
    subscriber: inUtils('revocation-subscriber'),
    tokenKey: inUtils('token-key'),
    keySet: inShared('key-set'),
    verifier: inShared('local-verifier'),
    callers: inShared('service-callers'),
  };
}

/** Of the recorded run; the hooks that it put into plugins are there, or were taken out since. */
export function answersForDiagnostics(repo: Repo, { dir }: Service): Answers | undefined {
  const [recorded] = recordedAnswers(repo, dir, ['add-auth-middleware', 'add-s2s']);
  if (recorded === undefined) return undefined;
  return { ...recorded, protect: String(recorded['protect']) === 'all' ? ['all'] : ['none'] };
}

/**
 * Among the service's middleware, beside an `auth` file of its own; where that is an autoloaded folder of plugins,
 * under a name that tells what it is.
 */
function placeMiddleware(repo: Repo, service: Service, { protect }: MiddlewareAnswers): RelPath {
  const { middlewareDir, middlewareSuffix, pluginsDir } = service.layout;
  const all = protect.includes('all');
  if (middlewareDir === pluginsDir) return placeAmongPlugins(repo, service, all);
  const other = middlewareSuffix === '' ? 'auth-middleware' : 'service-auth';
  const [usual, second] = [placeFile(service, 'middleware', 'auth'), placeFile(service, 'middleware', other)];
  const text = repo.read(usual);
  return text === undefined || text.includes('authServiceClient') ? usual : second;
}

/** Beside a file of that name that the service has of its own. */
function placeAuthentication(repo: Repo, service: Service): RelPath {
  const usual = placeFile(service, 'shared', 'authentication');
  const text = repo.read(usual);
  return text === undefined || text.includes('connectAuthService')
    ? usual
    : placeFile(service, 'shared', 'token-authentication');
}

/**
 * Brings the client if there is none, and plans our own again, as the variant that it is: it takes what newer templates
 * have. One that was written by hand must have the names that the middleware uses.
 */
async function planClient(draft: Draft, service: Service, answers: MiddlewareAnswers): Promise<RelPath> {
  const installed = findClient(draft.repo, service);
  if (installed === undefined || installed.variant !== undefined) {
    const parts = answers.with.filter((part) => part !== 'cache');
    await draft.include(serviceClient.plan({ ...answers, with: parts, ...installed?.variant }, draft.repo));
    return placeFile(service, 'shared', 'service-client');
  }
  if (!installed.hasErrors) draft.obstruct(foreignClient(installed.path, 'exports no ServiceClientError'));
  return installed.path;
}

function renderMiddleware(
  draft: Draft,
  service: Service,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  choices: MiddlewareChoices,
): void {
  const { style } = service;
  const old = findOldFastify(service);
  if (old !== undefined) draft.obstruct(old);
  const view = middlewareView(service, draft.repo, files, names, choices);
  draft.create(
    files.middleware,
    'auth-middleware',
    render('add-auth-middleware/auth-middleware.ts.hbs', view, style),
  );
  const client = importSpecifier(service, files.authentication, files.client);
  const specifiers = { '../add-service-client/service-client.ts': client };
  const createModule = (file: RelPath, name: string): void => {
    draft.create(file, 'auth-middleware', renderModule(`add-auth-middleware/${name}.ts`, specifiers, style));
  };
  createModule(files.authentication, 'authentication');
  if (service.layout.shared !== undefined) createAuthenticationTest(draft, service, files.authentication);
  if (choices.alternatives) createModule(files.alternatives, 'auth-alternatives');
  if (choices.guardsAll) createModule(files.guard, 'route-guard');
  if (choices.cacheTtlMs !== undefined) createModule(files.cache, 'claim-cache');
  if (service.testing.runner !== 'none') renderTests(draft, service, files, names, choices);
}

function renderTests(
  draft: Draft,
  service: Service,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  choices: MiddlewareChoices,
): void {
  const { style, testing } = service;
  const create = (name: string, test: RelPath, view: object): void => {
    const text = renderTest(`add-auth-middleware/${name}.test.ts.hbs`, view, style, testing);
    draft.create(test, 'unit-test', text);
  };
  const own = testFileFor(service, files.middleware, 'auth-middleware');
  if (service.layout.shared === undefined) createTestKit(draft, service, own);
  for (const [name, imports] of middlewareTests(service, files, own, choices)) {
    const test = testFileFor(service, files.middleware, name);
    create(name, test, middlewareTestView(service, draft.repo, files, names, choices, test, imports));
  }
  if (choices.cacheTtlMs === undefined) return;
  const cacheTest = testFileFor(service, files.cache, 'claim-cache');
  const cacheView: ClaimCacheTestView = { cacheImport: importSpecifier(service, cacheTest, files.cache) };
  create('claim-cache', cacheTest, cacheView);
}

/** `--cache-ttl` in milliseconds, 1 to 86400000; undefined without a cache. @throws RefusalError E_INVALID_FLAG */
function readCacheTtl(answers: MiddlewareAnswers): number | undefined {
  const given = answers.cacheTtl;
  if (given === undefined) {
    return answers.with.includes('cache') ? defaultCacheTtlMs : undefined;
  }
  const ttlMs = Number(given);
  if (/^\d{1,8}$/.test(given) && ttlMs > 0 && ttlMs <= maxCacheTtlMs) return ttlMs;
  throw new RefusalError({
    code: 'E_INVALID_FLAG',
    message: `--cache-ttl cannot be ${JSON.stringify(given)}.`,
    remedy: 'Use whole milliseconds from 1 to 86400000 (a day), such as 10000.',
  });
}

export const adoption: Adoption = {
  role: 'auth-middleware',
  after: ['add-service-client'],
  // Which routes ask for a token is in the code: nothing is to be added.
  answers: (repo, dir) => {
    const client = { ...clientAnswers(repo, dir), protect: ['none'] };
    return possibleAuthAnswers(repo).flatMap((auth) => [
      { ...client, ...auth, with: [] },
      { ...client, ...auth, with: ['cache'] },
    ]);
  },
  read: {
    path: /\bverifyPath \?\?\s+['"]([^'"]+)['"]/,
    cacheTtl: /\bcacheTtl \?\?\s+([\d_]+)/,
    decorate: /\b(\w+): (?:Authentication\['user'\]|AuthenticatedUser \| null);/,
  },
};
