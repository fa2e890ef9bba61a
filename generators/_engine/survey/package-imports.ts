import type { RelPath, Repo, ServiceHead } from '../contract.ts';
import { joinRel } from '../paths.ts';
import { isRecord, readManifest } from './manifest.ts';
import type { Tsconfig } from './tsconfig.ts';

/** Subpath imports of a service's package.json (`#src/*` → `./src/*`), told as aliases; built folders are not looked at. */
export function packageImports(repo: Repo, { dir, manifest }: ServiceHead): Tsconfig['aliases'] {
  const imports = readManifest(repo, manifest.path)?.json['imports'];
  if (!isRecord(imports)) return [];
  return Object.entries(imports).flatMap(([pattern, target]) => {
    if (!pattern.startsWith('#') || !pattern.endsWith('*')) return [];
    const dirs = targetsOf(target).flatMap((one): readonly RelPath[] =>
      /^\.\/(?:[^*.][^*]*\/)?\*$/.test(one) ? [joinRel(dir, one.slice(0, -1))] : [],
    );
    return dirs.length === 0 ? [] : [{ prefix: pattern.slice(0, -1), dirs }];
  });
}

/** A target, or those of its conditions. */
function targetsOf(target: unknown): readonly string[] {
  if (typeof target === 'string') return [target];
  if (Array.isArray(target)) return target.flatMap(targetsOf);
  return isRecord(target) ? Object.values(target).flatMap(targetsOf) : [];
}
