import type { AppFact, RelPath, RoutePlugin } from '../contract.ts';
import type { ts } from '../syntax.ts';
import { autoloadedPlugins } from './autoload-routes.ts';
import { autoloadsOf } from './autoload.ts';
import { findAppPlace } from './app-place.ts';
import type { AppPlace } from './app-plugin.ts';
import { findEntry } from './entry.ts';
import { routePluginsOf } from './registration.ts';
import { routesOf } from './route-calls.ts';
import type { Survey } from './survey.ts';
import { findUses, type Use } from './uses.ts';

/** The application of a service and the routes on it. */
export interface Instance {
  readonly app: AppFact;
  readonly routes: readonly RoutePlugin[];
}

/**
 * Finds where the Fastify instance is made, what is registered on it and how it listens.
 * @throws RefusalError E_NO_INSTANCE, E_AMBIGUOUS_INSTANCE, E_NO_REGISTRATION_PLACE
 */
export function surveyInstance(survey: Survey): Instance {
  const place = findAppPlace(survey);
  const { binding, file, importable, kind } = place;
  const uses = findUses(place.scope, [binding]);
  const { entry, listen } = findEntry(survey, place.madeIn);
  const autoload = autoloadsOf(survey, uses, file).map(
    ({ autoHooks, dir, dirNameRoutePrefix, holds, prefix }) => ({
      dir,
      holds,
      dirNameRoutePrefix,
      autoHooks,
      prefix,
    }),
  );
  const app: AppFact = {
    file,
    kind,
    binding: mostUsed(place, uses),
    ...(importable !== undefined && { importable }),
    ...(entry !== undefined && { entry }),
    listen,
    autoload,
  };
  return { app, routes: routePlugins(survey, uses, file) };
}

/** The name that most is registered on: a typed alias, where the service uses one throughout. */
function mostUsed({ binding }: AppPlace, uses: readonly Use[]): string {
  const registers = uses.filter(({ kind }) => kind === 'register');
  const [first] = registers;
  const isOther = first !== undefined && registers.every((use) => use.binding === first.binding);
  return isOther ? first.binding : binding;
}

function routePlugins(survey: Survey, uses: readonly Use[], file: RelPath): readonly RoutePlugin[] {
  const inline = uses.filter(({ kind }) => kind === 'route');
  const known = new Set<ts.CallExpression>();
  return uses.flatMap((use): readonly RoutePlugin[] => {
    if (known.has(use.call)) return [];
    known.add(use.call);
    if (use.kind !== 'route') {
      const folders = autoloadsOf(survey, [use], file);
      if (folders.length > 0) return folders.flatMap((folder) => autoloadedPlugins(survey, folder));
      return routePluginsOf(survey, [use], file);
    }
    if (use !== inline[0]) return [];
    const routes = inline.flatMap((one) => routesOf(survey, one, file, ''));
    return [{ name: 'inline', file, kind: 'inline', autoloaded: false, prefix: '', routes }];
  });
}
