import type { Place } from '../../model/obstacle.ts';
import { lineOf } from '../../syntax/tree.ts';
import { findAppPlace } from '../app/app-place.ts';
import { findCreations } from '../app/creations.ts';
import { hasRoutes } from './guard-order.ts';
import { findPluginFunction } from '../../program/plugin-functions.ts';
import { pluginsOf } from '../app/root-code.ts';
import type { Survey } from '../../program/survey.ts';
import { findUses, type Use } from '../../syntax/uses.ts';

/** What a parent adds to the instance beside the application, which is a plugin of its own context; [] where none does. */
export function routesOfParent(survey: Survey): readonly Place[] {
  const place = findAppPlace(survey);
  if (place.kind !== 'plugin') return [];
  return findCreations(survey).flatMap(({ binding, file, scope }) => {
    if (binding === undefined) return [];
    const uses = findUses(scope, [binding]);
    const isApp = (use: Use): boolean =>
      use.kind === 'register' &&
      pluginsOf(survey, use, file).some((one) => {
        const found = one === undefined ? undefined : findPluginFunction(survey, one.expression, one.file);
        return found?.node.body === place.scope && !found.shared;
      });
    if (!uses.some(isApp)) return [];
    const others = uses.filter((use) => !isApp(use) && hasRoutes(survey, use, file));
    return others.map(({ call }) => ({ path: file, line: lineOf(call.getSourceFile(), call.getStart()) }));
  });
}
