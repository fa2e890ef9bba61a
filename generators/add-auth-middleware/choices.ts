import type { Answers, Choice, Service, Site } from '../_engine/contract.ts';
import { surveyTarget } from '../_engine/survey/target.ts';

/** What `--protect` can be: all, none, or the route plugins of the targets. */
export function protectChoices({ repo }: Site, given: Answers): readonly Choice[] {
  const targets = Array.isArray(given['target']) ? (given['target'] as readonly string[]) : [];
  const plugins = targets
    .map((target) => surveyTarget(repo, { target }))
    .flatMap((service) => ('ok' in service ? [] : routePluginChoices(service)));
  return [
    ...plugins,
    { value: 'all', hint: 'every route but health checks and the like' },
    { value: 'none', hint: 'no route yet: you add the hook where you want it' },
  ];
}

function routePluginChoices({ routes }: Service): readonly Choice[] {
  return routes
    .filter(({ kind }) => kind === 'plugin')
    .map(({ name, prefix, file, routes: own }) => {
      const first = own[0]?.url;
      const where = prefix === '' ? first : prefix;
      return { value: name, hint: [where, file].filter((part) => part !== undefined).join(' in ') };
    });
}
