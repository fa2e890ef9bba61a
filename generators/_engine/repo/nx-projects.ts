import { basenameRel, dirnameRel, joinRel, type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { ServiceHead } from '../model/service.ts';
import { isRecord } from './manifest.ts';
import { findFilesNamed, listSources } from './source-files.ts';

const known = new WeakMap<Repo, readonly Pick<ServiceHead, 'dir' | 'name'>[]>();

/**
 * The projects of an integrated Nx workspace that use Fastify: folders with a project.json and no package.json, whose
 * dependencies are those of the root. [] in every other repo.
 */
export function findNxProjects(repo: Repo): readonly Pick<ServiceHead, 'dir' | 'name'>[] {
  const disk = repo.origin;
  const before = known.get(disk);
  if (before !== undefined) return before;
  const isNx = disk.read(toRel('nx.json')) !== undefined;
  const paths = isNx ? findFilesNamed(disk, /^project\.json$/) : [];
  const found = paths.flatMap((path) => {
    const dir = dirnameRel(path);
    const isOwn = dir !== '' && disk.read(joinRel(dir, 'package.json')) === undefined;
    return isOwn && usesFastify(disk, dir) ? [{ name: nameIn(disk, path), dir }] : [];
  });
  known.set(disk, found);
  return found;
}

function usesFastify(repo: Repo, dir: RelPath): boolean {
  const { files, scripts } = listSources(repo, dir);
  return [...files, ...scripts].some((path) => /['"]fastify['"]/.test(repo.read(path) ?? ''));
}

function nameIn(repo: Repo, path: RelPath): string {
  try {
    const json: unknown = JSON.parse(repo.read(path) ?? '');
    if (isRecord(json) && typeof json['name'] === 'string' && json['name'] !== '') return json['name'];
  } catch {
    // Nx itself tells what is wrong with it.
  }
  return basenameRel(dirnameRel(path));
}
