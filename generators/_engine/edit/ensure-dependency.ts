import { applyEdits, findNodeAtLocation, modify, parseTree, type Node, type ParseError } from 'jsonc-parser';

import { RefusalError } from '../model/obstacle.ts';
import type { TextChange } from '../model/text-change.ts';
import type { Service } from '../model/service.ts';
import type { Draft } from '../repo/draft.ts';
import { type Repo } from '../model/repo.ts';
import { type RelPath, toRel } from '../model/paths.ts';
import { readManifest } from '../repo/manifest.ts';

const sections = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;

export type DependencyWant = Readonly<{
  name: string;
  /** Caret range; written in the version style that siblings have (`^`, `~`, exact). */
  range: string;
  section: 'dependencies' | 'devDependencies';
}>;

/** Adds packages to a service's package.json: from the catalog, where the workspace has one. */
export function declareDependencies(
  draft: Draft,
  service: Readonly<{ manifest: Readonly<{ path: RelPath }> }>,
  ...wants: readonly DependencyWant[]
): void {
  for (const want of wants)
    draft.patch(service.manifest.path, 'manifest', (base) =>
      ensureDependency(base, fromCatalog(draft.repo, service.manifest.path, want)),
    );
}

/** The same, taken from pnpm's catalog where the package takes others from there and the catalog has the package. */
function fromCatalog(repo: Repo, path: RelPath, want: DependencyWant): DependencyWant {
  const { dependencies = {} } = readManifest(repo, path) ?? {};
  if (!Object.values(dependencies).includes('catalog:')) return want;
  const workspace = repo.read(toRel('pnpm-workspace.yaml')) ?? '';
  const block = /^catalog:[ \t]*\r?\n((?:[ \t]+.*(?:\r?\n|$)|[ \t]*\r?\n)*)/m.exec(workspace)?.[1] ?? '';
  const names = [...block.matchAll(/^[ \t]+['"]?([^'":\s]+)['"]?[ \t]*:/gm)].map(([, name]) => name);
  return names.includes(want.name) ? { ...want, range: 'catalog:' } : want;
}

/** The version of fastify-plugin for the Fastify of a service. */
export function fastifyPlugin({ fastifyMajor }: Pick<Service, 'fastifyMajor'>): DependencyWant {
  return { name: 'fastify-plugin', range: fastifyMajor < 5 ? '^4.5.1' : '^5.0.1', section: 'dependencies' };
}

/**
 * Adds a package to package.json where its siblings are, in their order and version style. [] when any section has
 * it. @throws RefusalError E_MANIFEST with the line that is not JSON.
 */
export function ensureDependency(base: string, want: DependencyWant): readonly TextChange[] {
  const errors: ParseError[] = [];
  const root = parseTree(base, errors, { disallowComments: true });
  const [error] = errors;
  if (error !== undefined || root?.type !== 'object') throw invalidManifest(base, error?.offset ?? 0);
  for (const section of sections) {
    const node = findNodeAtLocation(root, [section]);
    if (node !== undefined && node.type !== 'object') throw invalidManifest(base, node.offset);
    if (node !== undefined && keysOf(node).includes(want.name)) return [];
  }
  const section = findNodeAtLocation(root, [want.section]);
  const range = rangeLike(section, want.range);
  if (section !== undefined && keysOf(section).length > 0)
    return [besideSibling(base, section, want.name, range)];
  const edits = modify(base, [want.section, want.name], range, {
    getInsertionIndex: (keys) => (section === undefined ? sectionIndex(keys, want.section) : keys.length),
    formattingOptions: formattingOf(base),
  });
  return edits.map(({ content, length, offset }) => ({ start: offset, end: offset + length, text: content }));
}

/** A package.json without a package; undefined when it does not depend on it. */
export function dropDependency(base: string, name: string): string | undefined {
  const root = parseTree(base);
  const section = sections.find((one) => root !== undefined && findNodeAtLocation(root, [one, name]));
  if (section === undefined) return undefined;
  return applyEdits(
    base,
    modify(base, [section, name], undefined, { formattingOptions: formattingOf(base) }),
  );
}

/** A property more, with nothing of the others touched: they may be spaced as no formatter does. */
function besideSibling(base: string, section: Node, name: string, range: string): TextChange {
  const siblings = section.children ?? [];
  const index = sortedIndex(keysOf(section), name);
  const own = `${JSON.stringify(name)}: ${JSON.stringify(range)}`;
  const previous = siblings[index - 1];
  const next = siblings[index] ?? previous;
  const from = next === undefined ? 0 : next.offset;
  // The new entry gets the white space before its sibling.
  const above = base.slice(section.offset + 1, from);
  const lead = above.slice(above.trimEnd().length);
  const gap = lead === '' && siblings.length > 1 ? ' ' : lead;
  if (previous !== undefined) {
    const end = previous.offset + previous.length;
    return { start: end, end, text: `,${gap}${own}` };
  }
  return { start: from, end: from, text: `${own},${gap === '' ? ' ' : gap}` };
}

function keysOf(object: Node): readonly string[] {
  return (object.children ?? []).map((property) => String(property.children?.[0]?.value));
}

/** The place by name when the others are sorted, else the end. */
function sortedIndex(keys: readonly string[], name: string): number {
  const compare = keys.every((key, index) => index === 0 || byCodeUnit(keys[index - 1] ?? '', key) < 0)
    ? byCodeUnit
    : (a: string, b: string): number => a.localeCompare(b, 'en');
  const isSorted = keys.every((key, index) => index === 0 || compare(keys[index - 1] ?? '', key) < 0);
  const next = keys.findIndex((key) => compare(key, name) > 0);
  return isSorted && next !== -1 ? next : keys.length;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A new section goes beside the ones that are there, in the usual order. */
function sectionIndex(keys: readonly string[], section: DependencyWant['section']): number {
  const before = keys.indexOf('dependencies');
  if (section === 'devDependencies' && before !== -1) return before + 1;
  const after = keys.findIndex((key) => sections.some((each) => each === key));
  return after === -1 ? keys.length : after;
}

/** `^1.2.3` as the siblings write theirs: exact when all are, `~` when most are. */
function rangeLike(section: Node | undefined, range: string): string {
  const versions = (section?.children ?? [])
    .map((property) => String(property.children?.[1]?.value))
    .filter((version) => /^[~^]?\d/.test(version));
  if (!range.startsWith('^')) return range;
  const bare = range.slice(1);
  if (versions.length === 0) return range;
  if (versions.every((version) => /^\d+\.\d+\.\d/.test(version))) return bare;
  const tildes = versions.filter((version) => version.startsWith('~')).length;
  return tildes * 2 > versions.length ? `~${bare}` : range;
}

function formattingOf(base: string): { tabSize: number; insertSpaces: boolean; eol: string } {
  const indent = /\n([ \t]+)"/.exec(base)?.[1] ?? '  ';
  return {
    tabSize: indent.length,
    insertSpaces: !indent.startsWith('\t'),
    eol: base.includes('\r\n') ? '\r\n' : '\n',
  };
}

function invalidManifest(base: string, offset: number): RefusalError {
  const line = base.slice(0, offset).split('\n').length;
  return new RefusalError({
    code: 'E_MANIFEST',
    at: { path: 'package.json', line },
    message: `package.json is not a valid manifest (line ${String(line)}).`,
    remedy: 'Correct it and run the command again.',
  });
}
