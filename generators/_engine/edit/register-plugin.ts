import type { RelPath } from '../model/paths.ts';
import type { Service } from '../model/service.ts';
import type { RegistrationWant } from '../model/wants.ts';
import type { Draft } from '../repo/draft.ts';
import type { GuardOrder } from '../facts/routes/guard-order.ts';
import { detectStyle } from '../facts/style/style.ts';
import { ensureImport } from './ensure-import.ts';
import { ensureRegistration } from './ensure-registration.ts';
import { importSpecifierIn, isAutoloaded } from '../facts/style/place-file.ts';

/** The default export of `file`, under the name `plugin`. */
export type PluginWant = Readonly<{
  file: RelPath;
  plugin: string;
  options?: RegistrationWant['options'];
  /** Plugins that it has to come before, beside those that hold routes. */
  before?: readonly string[];
}>;

/** Imports a guard of the whole application and registers it where `order` says. */
export function registerGuard(draft: Draft, service: Service, want: PluginWant, order: GuardOrder): void {
  const { file, options, plugin } = want;
  const { code } = order;
  const { owner } = code;
  draft.patch(code.file, 'registration', (base) => {
    const from = importSpecifierIn(base, service, code.file, file);
    return ensureImport(base, { from, default: plugin }, detectStyle([base]));
  });
  const optional = options === undefined ? {} : { options };
  const { after, silent } = order;
  const places = { silent, after, ...(owner !== undefined && { owner }) };
  const wanted = {
    app: code,
    plugin,
    position: 'guard',
    routePlugins: [],
    order: places,
    ...optional,
  } as const;
  draft.patch(code.file, 'registration', (base) => ensureRegistration(base, wanted, detectStyle([base])));
}

/** Imports a plugin and registers it before the routes; an autoloaded folder does so by itself. */
export function registerPlugin(
  draft: Draft,
  service: Service,
  { file, plugin, options, before = [] }: PluginWant,
): void {
  const { app, routes } = service;
  if (isAutoloaded(service, file)) return;
  draft.patch(app.file, 'registration', (base) => {
    const from = importSpecifierIn(base, service, app.file, file);
    return ensureImport(base, { from, default: plugin }, detectStyle([base]));
  });
  const routePlugins = [...before, ...routes.map(({ name }) => name)];
  draft.patch(app.file, 'registration', (base) => {
    const optional = options === undefined ? {} : { options };
    const want = { app, plugin, position: 'before-routes', routePlugins, ...optional } as const;
    return ensureRegistration(base, want, detectStyle([base]));
  });
}
