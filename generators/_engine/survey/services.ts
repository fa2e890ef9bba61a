import { distance } from 'fastest-levenshtein';

import type { Obstacle, RelPath, Repo, ServiceHead } from '../contract.ts';
import { basenameRel, dirnameRel, toRel } from '../paths.ts';
import { readManifest } from './manifest.ts';
import { listSources } from './source-files.ts';
import { findManifestPaths } from './workspace.ts';

const testFolder = /^(tests?|e2e|__tests__)$/;

/**
 * Every package that depends on fastify, by folder. A package that only holds other packages or tests is none.
 * @throws RefusalError E_MANIFEST when a package.json that names fastify is not valid JSON.
 */
export function surveyHeads(repo: Repo): readonly ServiceHead[] {
  const paths = findManifestPaths(repo);
  const heads: ServiceHead[] = [];
  for (const path of paths) {
    if (repo.read(path)?.includes('"fastify"') !== true) continue;
    const manifest = readManifest(repo, path);
    if (manifest?.dependencies['fastify'] === undefined) continue;
    const dir = dirnameRel(path);
    if (testFolder.test(basenameRel(dir))) continue;
    if (holdsPackages(dir, paths) && !hasFastifySource(repo, dir)) continue;
    const { json, ...rest } = manifest;
    const name =
      typeof json['name'] === 'string' && json['name'] !== '' ? json['name'] : folderName(repo, dir);
    heads.push({ name, dir, manifest: rest });
  }
  return withOwnNames(heads).sort((a, b) => (a.dir < b.dir ? -1 : 1));
}

/** Copied packages keep the name of the original: those go by their folder. */
function withOwnNames(heads: readonly ServiceHead[]): ServiceHead[] {
  return heads.map((head) => {
    const isCopied = head.dir !== '' && heads.some((other) => other !== head && other.name === head.name);
    return isCopied ? { ...head, name: head.dir } : head;
  });
}

/**
 * The service that a user names: by package name, last segment of a scoped name, folder, or a part of those that
 * only one has. An exact match beats a part.
 * @throws RefusalError E_PATH when `wanted` is absolute or climbs out of the root.
 */
export function findTarget(heads: readonly ServiceHead[], wanted: string): ServiceHead | Obstacle {
  const path = toRel(wanted.replace(/^\.\//, ''));
  const exact = heads.filter(({ dir, name }) => dir === path || name === wanted);
  const segment = heads.filter((head) => lastSegments(head).includes(path));
  const part =
    path === '' ? [] : heads.filter((head) => [head.name, head.dir].some((text) => text.includes(path)));
  const found = [exact, segment, part].find((matches) => matches.length > 0) ?? [];
  const [only, other] = found;
  if (only === undefined) return noSuchService(heads, wanted);
  return other === undefined ? only : ambiguous(found, wanted);
}

function lastSegments({ name, dir }: ServiceHead): readonly string[] {
  return [name.split('/').at(-1) ?? name, basenameRel(dir)];
}

function noSuchService(heads: readonly ServiceHead[], wanted: string): Obstacle {
  const nearness = (head: ServiceHead): number =>
    Math.min(...[head.name, ...lastSegments(head)].map((name) => distance(name, wanted)));
  const nearest = [...heads]
    .sort((a, b) => nearness(a) - nearness(b))
    .slice(0, 5)
    .map(describe);
  return {
    code: 'E_NO_SUCH_SERVICE',
    message: `There is no Fastify service called ${JSON.stringify(wanted)}.`,
    remedy:
      nearest.length === 0 ? 'No package here depends on fastify.' : `Take one of: ${nearest.join(', ')}.`,
  };
}

function ambiguous(found: readonly ServiceHead[], wanted: string): Obstacle {
  return {
    code: 'E_AMBIGUOUS_TARGET',
    message: `${JSON.stringify(wanted)} can mean ${found.map(describe).join(' or ')}.`,
    remedy: `Give the folder: --target ${found.map(({ dir }) => dir).join(' or --target ')}.`,
  };
}

function describe({ name, dir }: ServiceHead): string {
  return dir === '' || dir === name ? name : `${name} (${dir})`;
}

function holdsPackages(dir: RelPath, manifests: readonly RelPath[]): boolean {
  const prefix = dir === '' ? '' : `${dir}/`;
  return manifests.some((path) => path !== `${prefix}package.json` && path.startsWith(prefix));
}

function hasFastifySource(repo: Repo, dir: RelPath): boolean {
  const { files, scripts } = listSources(repo, dir);
  return [...files, ...scripts].some((path) => repo.read(path)?.includes('fastify') === true);
}

function folderName(repo: Repo, dir: RelPath): string {
  return dir === '' ? (repo.root.split('/').at(-1) ?? 'root') : basenameRel(dir);
}
