import type { LayoutFact } from '../../model/code-facts.ts';

type Casing = LayoutFact['casing'];

/**
 * How file names of several words are written, by majority; kebab when there are none. Pascal only where most files
 * begin with a capital: elsewhere such a name is that of a class. `names` without extension.
 */
export function detectCasing(names: readonly string[]): Casing {
  const capitals = names.filter((name) => /^[A-Z]/.test(name)).length;
  const counts = new Map<Casing, number>();
  for (const name of names) {
    const casing = casingOf(name.split('.')[0] ?? name);
    if (casing === 'pascal' && capitals * 2 <= names.length) continue;
    if (casing !== undefined) counts.set(casing, (counts.get(casing) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'kebab';
}

function casingOf(stem: string): Casing | undefined {
  if (/^[a-z\d]+(-[a-z\d]+)+$/.test(stem)) return 'kebab';
  if (/^[a-z\d]+(_[a-z\d]+)+$/.test(stem)) return 'snake';
  if (/^[a-z]+[a-z\d]*([A-Z][a-z\d]*)+$/.test(stem)) return 'camel';
  return /^[A-Z][a-z\d]+([A-Z][a-z\d]*)+$/.test(stem) ? 'pascal' : undefined;
}

/** What more than half of the names end with, of the given endings (`.routes`, `-routes`, `Routes`); '' when none does. */
export function detectSuffix(names: readonly string[], endings: RegExp): string {
  const counts = new Map<string, number>();
  for (const name of names) {
    const suffix = endings.exec(name)?.[0] ?? '';
    counts.set(suffix, (counts.get(suffix) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  return most === undefined ? '' : most[0];
}
