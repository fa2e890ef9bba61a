import { distance } from 'fastest-levenshtein';

import { type Obstacle, RefusalError } from '../model/obstacle.ts';
import { basenameRel, dirnameRel, joinRel, type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import { once } from '../model/run-caches.ts';
import type { ServiceHead } from '../model/service.ts';
import { isRecord, readManifest } from './manifest.ts';
import { findSharedFolders } from './shared-packages.ts';
import { findFilesNamed, findPackageFiles, listSources } from './source-files.ts';

const testFolder = /^(tests?|e2e|__tests__)$/;

const heads = new WeakMap<Repo, Map<RelPath, Readonly<{ text: string; head: ServiceHead | undefined }>>>();

/**
 * Every package that depends on fastify, by folder. A package that only holds other packages or tests is none.
 * @throws RefusalError E_MANIFEST when a package.json that names fastify is not valid JSON.
 */
export const surveyHeads = once((repo: Repo): readonly ServiceHead[] => {
  const { manifests: paths } = findPackageFiles(repo);
  const around = foldersAround(paths);
  const shared = new Set(findSharedFolders(repo));
  const found = paths
    .filter((path) => !shared.has(dirnameRel(path)))
    .map((path) => headOf(repo, path, around))
    .filter((head) => head !== undefined);
  return withOwnNames(withNxProjects(repo, found)).sort((a, b) => (a.dir < b.dir ? -1 : 1));
});

/** Replaces the root of an integrated workspace by its projects: it has their dependencies and no code of its own. */
function withNxProjects(repo: Repo, found: readonly ServiceHead[]): readonly ServiceHead[] {
  const root = found.find(({ dir }) => dir === '');
  const projects = root === undefined ? [] : nxProjectsOf(repo.origin);
  if (root === undefined || projects.length === 0) return found;
  const { manifest } = root;
  return [...found.filter((head) => head !== root), ...projects.map((project) => ({ ...project, manifest }))];
}

/** Reads a manifest when its text is another than it was. */
function headOf(repo: Repo, path: RelPath, around: ReadonlySet<string>): ServiceHead | undefined {
  const text = repo.read(path);
  if (text?.includes('"fastify"') !== true) return undefined;
  const byPath =
    heads.get(repo.origin) ?? new Map<RelPath, { text: string; head: ServiceHead | undefined }>();
  heads.set(repo.origin, byPath);
  const known = byPath.get(path);
  if (known?.text === text) return known.head;
  const head = readHead(repo, path, around);
  byPath.set(path, { text, head });
  return head;
}

function readHead(repo: Repo, path: RelPath, around: ReadonlySet<string>): ServiceHead | undefined {
  const manifest = readManifest(repo, path);
  if (manifest?.dependencies['fastify'] === undefined) return undefined;
  const dir = dirnameRel(path);
  if (testFolder.test(basenameRel(dir))) return undefined;
  if (around.has(dir) && !hasSource(repo, dir, /fastify/)) return undefined;
  const { json, ...rest } = manifest;
  const name = typeof json['name'] === 'string' && json['name'] !== '' ? json['name'] : folderName(repo, dir);
  return { name, dir, manifest: rest };
}

/** Copied packages keep the name of the original: those go by their folder. */
function withOwnNames(found: readonly ServiceHead[]): ServiceHead[] {
  const counts = new Map<string, number>();
  for (const { name } of found) counts.set(name, (counts.get(name) ?? 0) + 1);
  return found.map((head) => {
    const isCopied = head.dir !== '' && (counts.get(head.name) ?? 0) > 1;
    return isCopied ? { ...head, name: head.dir } : head;
  });
}

/**
 * The service that a user names: by package name, last segment of a scoped name, folder, or a part of those that
 * only one has. An exact match beats a part.
 * @throws RefusalError E_NO_SUCH_SERVICE, E_AMBIGUOUS_TARGET; E_PATH when `wanted` is absolute or leaves the root
 */
export function findTarget(heads: readonly ServiceHead[], wanted: string): ServiceHead {
  const path = toRel(wanted.replace(/^\.\//, ''));
  const exact = heads.filter(({ dir, name }) => dir === path || name === wanted);
  const segment = heads.filter((head) => lastSegments(head).includes(path));
  const part =
    path === '' ? [] : heads.filter((head) => [head.name, head.dir].some((text) => text.includes(path)));
  // `@acme/users`, by which others import it, where the project is called `users`.
  const scoped = wanted.startsWith('@')
    ? heads.filter((head) => lastSegments(head).includes(basenameRel(path)))
    : [];
  const found = [exact, segment, part, scoped].find((matches) => matches.length > 0) ?? [];
  const [only, other] = found;
  if (only === undefined) throw new RefusalError(noSuchService(heads, wanted));
  if (other !== undefined) throw new RefusalError(ambiguous(found, wanted));
  return only;
}

/** @throws RefusalError E_NO_FASTIFY when there is no service below the root */
export function assertServices({ root }: Repo, heads: readonly ServiceHead[]): void {
  if (heads.length > 0) return;
  throw new RefusalError({
    code: 'E_NO_FASTIFY',
    at: { path: '.' },
    message: `No package below ${root} depends on fastify.`,
    remedy: 'Run the command in the repository of your services, or name it with --cwd.',
  });
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
      nearest.length === 0 ? 'No package here depends on fastify.' : `Use one of: ${nearest.join(', ')}.`,
  };
}

function ambiguous(found: readonly ServiceHead[], wanted: string): Obstacle {
  return {
    code: 'E_AMBIGUOUS_TARGET',
    message: `${JSON.stringify(wanted)} can mean ${found.map(describe).join(' or ')}.`,
    remedy: `Use the folder: --target ${found.map(({ dir }) => dir).join(' or --target ')}.`,
  };
}

function describe({ name, dir }: ServiceHead): string {
  return dir === '' || dir === name ? name : `${name} (${dir})`;
}

/** Folders with a package.json somewhere below them, not only in them. */
function foldersAround(manifests: readonly RelPath[]): ReadonlySet<string> {
  const around = new Set<string>();
  for (const path of manifests) {
    for (let dir = dirnameRel(path); dir !== '';) {
      dir = dirnameRel(dir);
      around.add(dir);
    }
  }
  return around;
}

function hasSource(repo: Repo, dir: RelPath, pattern: RegExp): boolean {
  const { files, scripts } = listSources(repo, dir);
  return [...files, ...scripts].some((path) => pattern.test(repo.read(path) ?? ''));
}

function folderName(repo: Repo, dir: RelPath): string {
  return dir === '' ? (repo.root.split('/').at(-1) ?? 'root') : basenameRel(dir);
}

/**
 * The projects of an integrated Nx workspace that use Fastify: folders with a project.json and no package.json, whose
 * dependencies are those of the root. [] in every other repo.
 */
const nxProjectsOf = once((disk: Repo): readonly Pick<ServiceHead, 'dir' | 'name'>[] => {
  const isNx = disk.read(toRel('nx.json')) !== undefined;
  const paths = isNx ? findFilesNamed(disk, /^project\.json$/) : [];
  return paths.flatMap((path) => {
    const dir = dirnameRel(path);
    const isOwn = dir !== '' && disk.read(joinRel(dir, 'package.json')) === undefined;
    return isOwn && hasSource(disk, dir, /['"]fastify['"]/) ? [{ name: nameIn(disk, path), dir }] : [];
  });
});

function nameIn(repo: Repo, path: RelPath): string {
  try {
    const json: unknown = JSON.parse(repo.read(path) ?? '');
    if (isRecord(json) && typeof json['name'] === 'string' && json['name'] !== '') return json['name'];
  } catch {
    // Nx itself reports invalid JSON.
  }
  return basenameRel(dirnameRel(path));
}
