import type { RoutePlugin } from '../_engine/model/app-facts.ts';
import type { Service } from '../_engine/model/service.ts';
import { declareVariables } from '../_engine/edit/declare-variables.ts';
import { declareDependencies, fastifyPlugin } from '../_engine/edit/ensure-dependency.ts';
import { ensureHook } from '../_engine/edit/ensure-hook.ts';
import { registerPlugin } from '../_engine/edit/register-plugin.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { printStrings } from '../_engine/syntax/print.ts';
import { detectStyle } from '../_engine/facts/style/style.ts';
import { type GuardPlace, guardPlaces } from './guard-places.ts';
import { registerFirst } from './guard-registration.ts';
import type { MiddlewareNames } from './names.ts';
import type { MiddlewareChoices, MiddlewareFiles } from './views.ts';

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
  for (const place of guardPlaces(draft.repo, service, guarded)) guard(draft, place, names);
  declareDependencies(draft, service, fastifyPlugin(service));
  const { auth, defaultUrl, urlVariable: name } = choices;
  await declareVariables(draft, service, [
    { name, value: defaultUrl, type: 'url', default: defaultUrl, to: auth },
    { name: 'SERVICE_AUTH_SECRET', value: '', type: 'string' },
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
