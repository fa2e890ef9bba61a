import type { RegistrationWant, RelPath, Service } from '../contract.ts';
import type { Draft } from '../plan.ts';
import { detectStyle } from '../survey/style.ts';
import { ensureImport } from './ensure-import.ts';
import { ensureRegistration } from './ensure-registration.ts';
import { importSpecifierIn, isAutoloaded } from './place-file.ts';

/** The default export of `file`, under the name `plugin`. */
export type PluginWant = Readonly<{
  file: RelPath;
  plugin: string;
  options?: RegistrationWant['options'];
  /** Plugins that it has to come before, beside those that hold routes. */
  before?: readonly string[];
}>;

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
