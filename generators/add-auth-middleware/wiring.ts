import type { EnvWant, RoutePlugin, Service } from '../_engine/contract.ts';
import { ensureDependency } from '../_engine/edit/ensure-dependency.ts';
import { ensureEnv } from '../_engine/edit/ensure-env.ts';
import { ensureEnvDeclaration } from '../_engine/edit/ensure-env-declaration.ts';
import { ensureEnvType } from '../_engine/edit/ensure-env-type.ts';
import { ensureHook } from '../_engine/edit/ensure-hook.ts';
import { ensureImport } from '../_engine/edit/ensure-import.ts';
import { ensureRegistration } from '../_engine/edit/ensure-registration.ts';
import { importSpecifierIn, isAutoloaded } from '../_engine/edit/place-file.ts';
import type { Draft } from '../_engine/plan.ts';
import { detectStyle } from '../_engine/survey/style.ts';
import { fromCatalog } from '../_engine/survey/from-catalog.ts';
import { type GuardPlace, guardPlaces } from './guard-places.ts';
import type { MiddlewareNames } from './names.ts';
import type { MiddlewareChoices, MiddlewareFiles } from './views.ts';

/** Registers the middleware before the routes, puts its hook on the chosen ones, and declares what it needs. */
export function wireMiddleware(
  draft: Draft,
  service: Service,
  files: MiddlewareFiles,
  names: MiddlewareNames,
  choices: MiddlewareChoices,
  guarded: readonly RoutePlugin[],
): void {
  if (!isAutoloaded(service, files.middleware)) register(draft, service, files, choices);
  for (const place of guardPlaces(draft.repo, service, guarded)) guard(draft, place, names);
  const range = service.fastifyMajor < 5 ? '^4.5.1' : '^5.0.1';
  const wrapper = { name: 'fastify-plugin', range, section: 'dependencies' } as const;
  draft.patch(service.manifest.path, 'manifest', (base) =>
    ensureDependency(base, fromCatalog(draft.repo, service, wrapper)),
  );
  declareEnvironment(draft, service, choices);
}

function register(
  draft: Draft,
  { app, modules, routes }: Service,
  { middleware }: MiddlewareFiles,
  { publicRoutes }: MiddlewareChoices,
): void {
  draft.patch(app.file, 'registration', (base) => {
    const from = importSpecifierIn(base, { modules }, app.file, middleware);
    return ensureImport(base, { from, default: 'authMiddleware' }, detectStyle([base]));
  });
  const routePlugins = routes.map(({ name }) => name);
  draft.patch(app.file, 'registration', (base) => {
    const style = detectStyle([base]);
    const list = publicRoutes?.map((route) => style.quote + route + style.quote).join(', ');
    const options = list === undefined ? {} : { options: `publicRoutes: [${list}]` };
    const want = {
      app,
      plugin: 'authMiddleware',
      position: 'before-routes',
      routePlugins,
      ...options,
    } as const;
    return ensureRegistration(base, want, style);
  });
}

function guard(draft: Draft, { file, plugin }: GuardPlace, { decorator }: MiddlewareNames): void {
  const statement = `{{app}}.addHook('onRequest', {{app}}.${decorator});`;
  draft.patch(file, 'registration', (base) => ensureHook(base, { plugin, statement }, detectStyle([base])));
}

function declareEnvironment(draft: Draft, { config }: Service, { defaultUrl }: MiddlewareChoices): void {
  const variables: readonly (EnvWant & { readonly type: 'url' | 'string'; readonly default?: string })[] = [
    { name: 'AUTH_SERVICE_URL', value: defaultUrl, type: 'url', default: defaultUrl },
    { name: 'SERVICE_AUTH_SECRET', value: '', type: 'string' },
  ];
  for (const variable of variables) {
    for (const file of config.exampleFiles) draft.patch(file, 'env', (base) => ensureEnv(base, variable));
    const { file } = config;
    if (file === undefined || config.style === 'process.env') continue;
    const want = { ...variable, config };
    draft.patch(file, 'env', (base) => ensureEnvDeclaration(base, want, detectStyle([base])));
    if (config.types !== undefined)
      draft.patch(config.types, 'env', (base) => ensureEnvType(base, want, detectStyle([base])));
  }
}
