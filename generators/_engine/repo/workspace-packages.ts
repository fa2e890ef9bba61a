import { dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import { attempt } from '../model/obstacle.ts';
import type { Repo } from '../model/repo.ts';
import { isRecord, readManifest } from './manifest.ts';
import { findManifestPaths } from './source-files.ts';

const known = new WeakMap<Repo, ReadonlyMap<string, RelPath>>();

/** Every package of the repo that has a name, by that name: others import it, installed or not. */
function workspacePackages({ origin }: Repo): ReadonlyMap<string, RelPath> {
  const before = known.get(origin);
  if (before !== undefined) return before;
  const found = new Map<string, RelPath>();
  for (const path of findManifestPaths(origin)) {
    const name = /"name"\s*:\s*"([^"\\]+)"/.exec(origin.read(path) ?? '')?.[1];
    if (name !== undefined && !found.has(name)) found.set(name, dirnameRel(path));
  }
  known.set(origin, found);
  return found;
}

/** The package that a specifier names, and what follows its name: `@acme/config/base` → `base`; '' for the package itself. */
export function findWorkspacePackage(
  repo: Repo,
  specifier: string,
): Readonly<{ dir: RelPath; subpath: string }> | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/')) return undefined;
  const parts = specifier.split('/', 2).slice(0, specifier.startsWith('@') ? 2 : 1);
  const name = parts.join('/');
  const dir = workspacePackages(repo).get(name);
  return dir === undefined ? undefined : { dir, subpath: specifier.slice(name.length + 1) };
}

/** Where a package's manifest says that a subpath is; `fields` say so of the package itself. */
export function exportedPaths(
  repo: Repo,
  { dir, subpath }: Readonly<{ dir: RelPath; subpath: string }>,
  fields: readonly string[],
): readonly string[] {
  const json = jsonOf(repo, dir);
  const exported = json['exports'];
  const key = subpath === '' ? '.' : `./${subpath}`;
  const isMap = isRecord(exported) && Object.keys(exported).some((one) => one.startsWith('.'));
  const target = isMap ? exported[key] : subpath === '' ? exported : undefined;
  const named = subpath === '' ? fields.map((field) => json[field]) : [];
  return [target, ...named].flatMap(textsIn);
}

/** Of one that is no JSON, whoever surveys that package tells. */
function jsonOf(repo: Repo, dir: RelPath): Readonly<Record<string, unknown>> {
  return attempt(() => readManifest(repo, joinRel(dir, 'package.json')))?.json ?? {};
}

/** A target, or those of its conditions. */
function textsIn(target: unknown): readonly string[] {
  if (typeof target === 'string') return [target];
  if (Array.isArray(target)) return target.flatMap(textsIn);
  return isRecord(target) ? Object.values(target).flatMap(textsIn) : [];
}
