import { existsSync, readdirSync } from 'node:fs';

import type { Generator } from '../model/generator.ts';

const generatorsUrl = new URL('../../', import.meta.url);

/** Ids of all generators, sorted: each is a folder of its own; a name that starts with `_` is none. */
export function listGenerators(): readonly string[] {
  return readdirSync(generatorsUrl, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
    .map((entry) => entry.name)
    .sort();
}

/** The generator of that id; undefined when there is none. */
export async function findGenerator(id: string): Promise<Generator | undefined> {
  if (!listGenerators().includes(id)) return undefined;
  // Compiled, the file is index.js; in this repo it is index.ts.
  const source = new URL(`${id}/index.ts`, generatorsUrl);
  const file = existsSync(source) ? source : new URL(`${id}/index.js`, generatorsUrl);
  const module = (await import(file.href)) as { readonly generator: Generator };
  return module.generator;
}
