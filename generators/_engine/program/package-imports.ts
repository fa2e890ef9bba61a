import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { joinRel } from '../model/paths.ts';
import { isRecord, readManifest } from '../repo/manifest.ts';
import type { Tsconfig } from './tsconfig.ts';

/**
 * Subpath imports of a service's package.json (`#src/*` → `./src/*`, or `./src/*.ts`), told as aliases; built folders
 * are not looked at.
 */
export function packageImports(repo: Repo, { dir, manifest }: ServiceHead): Tsconfig['aliases'] {
  const imports = readManifest(repo, manifest.path)?.json['imports'];
  if (!isRecord(imports)) return [];
  return Object.entries(imports).flatMap(([pattern, target]) => {
    if (!pattern.startsWith('#') || !pattern.endsWith('*')) return [];
    const found = targetsOf(target).flatMap((one) => {
      const match = /^\.\/((?:[^*.][^*]*\/)?)\*(\.[cm]?[jt]s)?$/.exec(one);
      return match === null ? [] : [{ dir: joinRel(dir, match[1] ?? ''), extended: match[2] !== undefined }];
    });
    const [first] = found;
    const alias = { prefix: pattern.slice(0, -1), dirs: found.map((one) => one.dir) };
    return first === undefined ? [] : [{ ...alias, extended: first.extended }];
  });
}

/** A target, or those of its conditions. */
function targetsOf(target: unknown): readonly string[] {
  if (typeof target === 'string') return [target];
  if (Array.isArray(target)) return target.flatMap(targetsOf);
  return isRecord(target) ? Object.values(target).flatMap(targetsOf) : [];
}
