import type { RoutePlugin } from '../_engine/model/app-facts.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareVariables } from '../_engine/edit/declare-variables.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { ensureHook } from '../_engine/edit/ensure-hook.ts';
import { registerPlugin } from '../_engine/edit/register-plugin.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { printStrings } from '../_engine/syntax/print.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';
import { type GuardPlace, guardPlaces, registerFirst } from './guard-registration.ts';
import { planLocalVerifier } from './local-verification.ts';
import type { MiddlewareNames } from './names.ts';
import type { MiddlewareChoices, MiddlewareFiles } from './views.ts';
import type { Repo } from '../_engine/model/repo.ts';
import type { Destination } from '../_engine/edit/declare-variables.ts';
import { findAuthService } from '../_engine/facts/auth/auth-service.ts';
import { findService } from '../_engine/facts/app/service.ts';
import { servesTls } from '../_engine/facts/app/instantiations.ts';
import { findTarget, surveyHeads } from '../_engine/repo/services.ts';

/** Registers the middleware before the routes, puts its hook on the chosen ones, and declares what it needs. */
export async function wireMiddleware(
  draft: Draft,
  service: Service,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  choices: MiddlewareChoices,
  guarded: readonly RoutePlugin[],
): Promise<void> {
  register(draft, service, files, choices);
  const { local } = choices;
  if (local !== undefined) planLocalVerifier(draft, service, files, files.middleware, local);
  for (const place of guardPlaces(draft.repo, service, guarded)) guard(draft, place, names);
  declareDependencies(draft, service, fastifyPlugin(service));
  const { auth, callers, defaultUrl, urlVariable: name } = choices;
  await declareVariables(draft, service, [
    ...callers.map(
      ({ defaultUrl: url, destination: to, variable }) =>
        ({ name: variable, value: url, type: 'url', default: url, to }) as const,
    ),
    { name, value: defaultUrl, type: 'url', default: defaultUrl, to: auth },
    ...(local === undefined ? [{ name: 'SERVICE_AUTH_SECRET', value: '', type: 'string' } as const] : []),
  ]);
}

function register(
  draft: Draft,
  service: Service,
  { middleware: file }: MiddlewareFiles,
  { publicRoutes }: MiddlewareChoices,
): void {
  const { quote } = detectStyle([draft.repo.read(service.app.file) ?? '']);
  const list = publicRoutes && printStrings(publicRoutes, quote);
  const options = `publicRoutes: [${list ?? ''}]`;
  if (publicRoutes === undefined) registerPlugin(draft, service, { file, plugin: 'authMiddleware' });
  else registerFirst(draft, service, { file, options });
}

function guard(draft: Draft, { file, plugin }: GuardPlace, { decorator }: MiddlewareNames): void {
  const statement = `{{app}}.addHook('onRequest', {{app}}.${decorator});`;
  draft.patch(file, 'registration', (base) => ensureHook(base, { plugin, statement }, detectStyle([base])));
}

const usualUrl = 'http://localhost:3001';

/** The service that verifies tokens, and where it is. */
export interface AuthAddress {
  /** On a developer's machine: by its own code when it is in the repo. */
  readonly defaultUrl: string;
  /** Undefined: it is not in the repo. */
  readonly auth: Destination | undefined;
}

/** The address of the service that `--auth` names, else of the one that is found. @throws RefusalError */
export function findAuthAddress(repo: Repo, named: string | undefined): AuthAddress {
  const heads = surveyHeads(repo);
  const elsewhere = { defaultUrl: usualUrl, auth: undefined };
  if (named === 'none') return elsewhere;
  const head = named === undefined ? findAuthService(repo, heads) : findTarget(heads, named);
  if (head === undefined) return elsewhere;
  const port = findService(repo, head.dir)?.app.listen.defaultPort;
  const secure = servesTls(repo, head);
  const usual = secure ? usualUrl.replace('http:', 'https:') : usualUrl;
  const scheme = secure ? 'https' : 'http';
  const defaultUrl = port === undefined ? usual : `${scheme}://localhost:${String(port)}`;
  return { defaultUrl, auth: { head, port, secure } };
}
