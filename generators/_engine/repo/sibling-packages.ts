import type { SharedPackage } from '../model/code-facts.ts';
import { attempt } from '../model/obstacle.ts';
import { basenameRel, dirnameRel, joinRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { Manifest, ServiceHead } from '../model/service.ts';
import { isRecord, readManifest } from './manifest.ts';
import { surveyHeads } from './services.ts';
import { findSharedFolders, packageIn } from './shared-packages.ts';
import { findPackageFiles } from './source-files.ts';

type Json = Readonly<Record<string, unknown>>;

/** An internal package that a service imports: a new one is made as it is. */
export interface Sibling {
  readonly dir: RelPath;
  readonly name: string;
  readonly json: Json;
  readonly manifest: Manifest;
  /** How a service depends on it, and which one. */
  readonly link: Readonly<{ range: string; from: RelPath }>;
  /** The service that is to share the package imports it, so that it is known to work there. */
  readonly isUsedHere: boolean;
}

/** The package that a service shares or will share in a folder. */
export function sharedPackageFor(repo: Repo, head: ServiceHead, dir: RelPath): SharedPackage {
  return packageIn(repo, dir) ?? newPackage(repo, head, dir);
}

function newPackage(repo: Repo, head: ServiceHead, dir: RelPath): SharedPackage {
  const { name } = findSibling(repo, head, dir) ?? head;
  const scope = name.startsWith('@') ? `${name.split('/')[0] ?? ''}/` : '';
  // Of a CommonJS module, both kinds of services can import what they need.
  const isModule = surveyHeads(repo).every(({ manifest }) => manifest.type === 'module');
  return {
    dir,
    name: `${scope}${basenameRel(dir)}`,
    type: isModule ? 'module' : 'commonjs',
    manifest: { path: joinRel(dir, 'package.json') },
  };
}

/**
 * The package by which one in `dir` is shaped: of those that services have among their `dependencies`, one that this
 * service has, else the nearest, else the first.
 */
export function findSibling(
  repo: Repo,
  { dir: service }: Pick<ServiceHead, 'dir'>,
  dir: RelPath,
): Sibling | undefined {
  const heads = surveyHeads(repo);
  const links = heads.map((head) => ({ from: head.dir, ranges: runtimeDependencies(repo, head) }));
  const [own, ...others] = [...links].sort((a, b) => rank(a.from === service) - rank(b.from === service));
  const isNone = new Set([...heads.map((head) => head.dir), ...findSharedFolders(repo), dir, '']);
  const found = findPackageFiles(repo).manifests.flatMap((path): readonly Sibling[] => {
    if (isNone.has(dirnameRel(path))) return [];
    const manifest = attempt(() => readManifest(repo, path));
    const name = manifest?.json['name'];
    if (manifest === undefined || typeof name !== 'string') return [];
    const user = [own, ...others].find((one) => typeof one?.ranges[name] === 'string');
    if (user === undefined || entryOf(manifest.json) === undefined) return [];
    const link = { range: String(user.ranges[name]), from: user.from };
    const isUsedHere = user.from === service;
    return [{ dir: dirnameRel(path), name, json: manifest.json, manifest, link, isUsedHere }];
  });
  const order = (one: Sibling): number =>
    2 * rank(one.isUsedHere) + rank(dirnameRel(one.dir) === dirnameRel(dir));
  return found.sort((a, b) => order(a) - order(b))[0];
}

function rank(isFirst: boolean): number {
  return isFirst ? 0 : 1;
}

function runtimeDependencies(repo: Repo, { manifest }: ServiceHead): Json {
  const listed = attempt(() => readManifest(repo, manifest.path))?.json['dependencies'];
  return isRecord(listed) ? listed : {};
}

/** What importers of a package get: a path, or paths by their conditions; undefined where it has no code. */
export function entryOf(json: Json): unknown {
  const { exports: exported, main, types } = json;
  const isMap = isRecord(exported) && Object.keys(exported).some((key) => key.startsWith('.'));
  const entry = isMap ? (exported['.'] ?? exported['./*'] ?? Object.values(exported)[0]) : exported;
  if (entry !== undefined) return entry;
  const path = main ?? types;
  return typeof path === 'string' && /\.[cm]?[jt]s$/.test(path) ? path : undefined;
}
