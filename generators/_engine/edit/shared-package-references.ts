import { findNodeAtLocation, parseTree } from 'jsonc-parser';

import type { SharedPackage } from '../model/code-facts.ts';
import { attempt } from '../model/obstacle.ts';
import { dirnameRel, joinRel, relativeRel, type RelPath, toRel } from '../model/paths.ts';
import { misplaced } from '../model/roles.ts';
import type { Service } from '../model/service.ts';
import type { Draft } from '../repo/draft.ts';
import { isRecord } from '../repo/manifest.ts';
import type { Sibling } from '../repo/sibling-packages.ts';
import { prepended } from './json-list.ts';
import { readJsonc } from './shared-package-files.ts';

const solution = toRel('tsconfig.json');

/** Whether the root or the service lists projects that are built before others. */
export function isBuiltByReferences(draft: Draft, service: Service): boolean {
  return [solution, configOf(service)].some((path) => referencesIn(draft, path).length > 0);
}

/** Has the package built before the service where references decide that: of the root, of the service, or of both. */
export function ensureReferences(
  draft: Draft,
  service: Service,
  shared: SharedPackage,
  sibling: Sibling | undefined,
): void {
  const project = joinRel(shared.dir, 'tsconfig.build.json');
  addReference(draft, solution, project);
  if (sibling !== undefined) referBeside(draft, service, project, sibling);
  // TypeScript 7 builds the projects of a list at the same time, unless one refers to another.
  for (const config of isComposite(draft, project) ? projectsOf(draft, service) : [])
    if (referencesIn(draft, config).length > 0) addReference(draft, config, project);
    else addReferences(draft, config, project);
}

function configOf({ dir, modules }: Service): RelPath {
  return modules.tsconfig ?? joinRel(dir, 'tsconfig.json');
}

function isComposite({ repo }: Draft, config: RelPath): boolean {
  const json = readJsonc(repo.read(config));
  return isRecord(json) && isRecord(json['compilerOptions']) && json['compilerOptions']['composite'] === true;
}

/** Projects of the service that the root builds: where one only lists others, those. */
function projectsOf(draft: Draft, { dir }: Service): readonly RelPath[] {
  const found = new Set<RelPath>();
  const follow = (config: RelPath): void => {
    for (const place of placesOf(config, referencesIn(draft, config))) {
      const project = place.endsWith('.json') ? place : joinRel(place, 'tsconfig.json');
      if (found.has(project) || !project.startsWith(`${dir}/`)) continue;
      found.add(project);
      follow(project);
    }
  };
  follow(solution);
  return [...found].filter((config) => !isList(draft, config) && misplaced(config, 'manifest') === undefined);
}

/** It compiles nothing itself. */
function isList({ repo }: Draft, config: RelPath): boolean {
  const json = readJsonc(repo.read(config));
  return isRecord(json) && Array.isArray(json['files']) && json['files'].length === 0;
}

/** Where references lead. */
function placesOf(config: RelPath, paths: readonly string[]): readonly RelPath[] {
  return paths.flatMap((path) => attempt(() => joinRel(dirnameRel(config), path)) ?? []);
}

function isInside(place: RelPath, dir: RelPath): boolean {
  return place === dir || place.startsWith(`${dir}/`);
}

/** The paths that a configuration of TypeScript refers to. */
function referencesIn({ repo }: Draft, path: RelPath): readonly string[] {
  const config = readJsonc(repo.read(path));
  const listed = isRecord(config) ? config['references'] : undefined;
  const paths = (Array.isArray(listed) ? listed : []).map((one: unknown) => isRecord(one) && one['path']);
  return paths.filter((one) => typeof one === 'string');
}

/** A service that refers to the sibling refers to the package. */
function referBeside(draft: Draft, service: Service, project: RelPath, sibling: Sibling): void {
  const own = configOf(service);
  const places = placesOf(own, referencesIn(draft, own));
  const isBeside = places.some((place) => isInside(place, sibling.dir));
  if (!isBeside || places.includes(project)) return;
  if (misplaced(own, 'manifest') === undefined) addReference(draft, own, project);
  else draft.note(`Add a reference to ${relativeRel(dirnameRel(own), project)} to ${own}.`);
}

/** Before the projects that use it, where a configuration lists them. */
function addReference(draft: Draft, config: RelPath, project: RelPath): void {
  const paths = referencesIn(draft, config);
  const places = placesOf(config, paths);
  if (paths.length === 0 || places.some((place) => isInside(place, dirnameRel(project)))) return;
  draft.patch(config, 'manifest', (base) => {
    const tree = parseTree(base);
    const first = tree && findNodeAtLocation(tree, ['references', 0]);
    const path = tree && findNodeAtLocation(tree, ['references', 0, 'path']);
    if (first === undefined || path === undefined) return [];
    const [before, after] = [
      base.slice(first.offset, path.offset),
      base.slice(path.offset + path.length, first.offset + first.length),
    ];
    const item = `${before}${JSON.stringify(relativeRel(dirnameRel(config), project))}${after}`;
    return prepended(base, ['references'], item);
  });
}

/** In a configuration that lists no references yet: after its last member. */
function addReferences(draft: Draft, config: RelPath, project: RelPath): void {
  draft.patch(config, 'manifest', (base) => {
    const json = readJsonc(base);
    const last = isRecord(json) && json['references'] === undefined && parseTree(base)?.children?.at(-1);
    if (last === false || last === undefined) return [];
    const end = last.offset + last.length;
    const before = base.slice(0, last.offset);
    const indent = before.slice(before.lastIndexOf('\n') + 1);
    const eol = base.includes('\r\n') ? '\r\n' : '\n';
    const gap = before.includes('\n') && indent.trim() === '' ? `${eol}${indent}` : ' ';
    const path = JSON.stringify(relativeRel(dirnameRel(config), project));
    return [{ start: end, end, text: `,${gap}"references": [{ "path": ${path} }]` }];
  });
}
