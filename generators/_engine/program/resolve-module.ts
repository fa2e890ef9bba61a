import { dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import { RefusalError } from '../model/refusal.ts';
import type { Sources } from './sources.ts';
import type { Tsconfig } from './tsconfig.ts';

/**
 * The service's own file behind a specifier: relative, or by an alias or baseUrl of the tsconfig; `.js` stands for
 * `.ts`, a folder for its index. Undefined for packages and for files that are not the service's own.
 */
export function openResolver(
  sources: Sources,
  { aliases, baseUrl }: Tsconfig,
): (file: RelPath, specifier: string) => RelPath | undefined {
  const own = new Set<string>([...sources.files, ...sources.tests]);
  const existing = (path: string): RelPath | undefined =>
    spellings(path).find((one) => own.has(one)) as RelPath | undefined;

  return (file, specifier) => {
    if (specifier.startsWith('.')) return existing(joined(dirnameRel(file), specifier));
    for (const { prefix, dirs } of aliases) {
      if (!specifier.startsWith(prefix)) continue;
      const found = dirs
        .map((dir) => existing(joined(dir, specifier.slice(prefix.length))))
        .find((one) => one !== undefined);
      if (found !== undefined) return found;
    }
    return baseUrl === undefined ? undefined : existing(joined(baseUrl, specifier));
  };
}

function spellings(path: string): readonly string[] {
  const stem = path.replace(/\.([cm]?)js$/, '.$1ts');
  return [stem, `${path}.ts`, `${path}.mts`, `${path}.cts`, path === '' ? 'index.ts' : `${path}/index.ts`];
}

function joined(dir: RelPath, specifier: string): string {
  try {
    return joinRel(dir, specifier);
  } catch (error) {
    if (error instanceof RefusalError) return '\0';
    throw error;
  }
}
