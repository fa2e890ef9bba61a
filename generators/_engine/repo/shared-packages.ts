import { dirnameRel, joinRel, relativeRel, type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { SharedPackage } from '../model/code-facts.ts';
import type { Manifest } from '../model/service.ts';
import { attempt } from '../model/obstacle.ts';
import { once } from '../model/run-caches.ts';
import { isRecord, readManifest } from './manifest.ts';
import { findPackageFiles } from './source-files.ts';
import { findRecords, sharedIn } from './record-text.ts';

/** The package in a folder, as services import it; undefined where there is none with a name. */
export function packageIn(repo: Repo, dir: RelPath): SharedPackage | undefined {
  const path = joinRel(dir, 'package.json');
  const found = attempt(() => readManifest(repo, path));
  const name = found?.json['name'];
  return found === undefined || typeof name !== 'string'
    ? undefined
    : { dir, name, type: found.type, manifest: { path } };
}

/** Folder of its sources in a shared package. */
export const sharedSource = 'src';

/** Whether a file is one of a shared package. */
export function isIn(shared: SharedPackage | undefined, file: RelPath): boolean {
  return shared !== undefined && file.startsWith(`${shared.dir}/`);
}

/** What a file writes to import one of a shared package: by its name, and relatively inside of it. */
export function sharedSpecifier(shared: SharedPackage, fromFile: RelPath, toFile: RelPath): string {
  const target = toRel(toFile.replace(/\.ts$/, ''));
  if (!isIn(shared, fromFile))
    return `${shared.name}/${relativeRel(joinRel(shared.dir, sharedSource), target)}`;
  const relative = relativeRel(dirnameRel(fromFile), target);
  // Not all that runs the TypeScript of CommonJS finds `x.ts` by `./x.js`: ts-node does not, nor does Jest.
  return `${relative.startsWith('.') ? '' : './'}${relative}${shared.type === 'module' ? '.js' : ''}`;
}

/** The file that a specifier of the package names, whether it exists or not: the reverse of `sharedSpecifier`. */
export function sharedFile({ name, dir }: SharedPackage, specifier: string): RelPath | undefined {
  if (!specifier.startsWith(`${name}/`)) return undefined;
  return attempt(() => joinRel(dir, sharedSource, `${specifier.slice(name.length + 1)}.ts`));
}

/** By which the package is known where no record names it. */
export const sharedDescription = 'What the services of this repository share to call each other.';

/** Folders of the packages that services share, as the runs in their records say, or as their manifests do. */
export function findSharedFolders(repo: Repo): readonly RelPath[] {
  const recorded = findRecords(repo).flatMap(({ text }) => sharedIn(text));
  return [...new Set([...recorded, ...described(repo.origin)])].filter((dir) => mayBeShared(repo, dir));
}

/** A record may name any folder: one with a service in it is none. The package itself may be missing. */
function mayBeShared(repo: Repo, dir: RelPath): boolean {
  const manifest = attempt(() => readManifest(repo, joinRel(dir, 'package.json')));
  const exported = manifest?.json['exports'];
  return dir !== '' && (manifest === undefined || (isRecord(exported) && exported['./*'] !== undefined));
}

const described = once((disk: Repo): readonly RelPath[] =>
  findPackageFiles(disk).manifests.flatMap((path) =>
    disk.read(path)?.includes(JSON.stringify(sharedDescription)) === true ? [dirnameRel(path)] : [],
  ),
);

/** The shared package that a service depends on; undefined where it has its own copies. */
export function findShared(
  repo: Repo,
  { dependencies }: Pick<Manifest, 'dependencies'>,
): SharedPackage | undefined {
  return findSharedFolders(repo)
    .map((dir) => packageIn(repo, dir))
    .find((found) => found !== undefined && dependencies[found.name] !== undefined);
}
