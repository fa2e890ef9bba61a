import type { RelPath } from '../model/paths.ts';
import type { Service } from '../model/service.ts';

/**
 * A name for our plugin in `own` that no other plugin of the service has: @fastify/autoload loads one plugin for each
 * name, and drops the others without a word. `usual` where it is proven free; our own file may have it.
 */
export function freePluginName(
  { pluginNames: { hidden, taken } }: Pick<Service, 'pluginNames'>,
  own: RelPath,
  usual: string,
): string {
  const others = new Set(taken.filter(({ at }) => at?.path !== own).map(({ name }) => name));
  const isHidden = hidden !== undefined && hidden.path !== own;
  if (!isHidden && !others.has(usual)) return usual;
  for (let index = 1; ; index += 1) {
    const name = index === 1 ? `s2s-${usual}` : `s2s-${usual}-${String(index)}`;
    if (!others.has(name)) return name;
  }
}
