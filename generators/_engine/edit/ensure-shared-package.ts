import type { SharedPackage } from '../model/code-facts.ts';
import { noteBuildOrder } from './shared-build-notes.ts';
import { dirnameRel, relativeRel, type RelPath, toRel } from '../model/paths.ts';
import type { Service } from '../model/service.ts';
import type { TextChange } from '../model/text-change.ts';
import { packageIn } from '../repo/shared-packages.ts';
import { findSibling, type Sibling } from '../repo/sibling-packages.ts';
import type { Draft } from '../repo/draft.ts';
import { isRecord, readManifest } from '../repo/manifest.ts';
import { ensureDependency } from './ensure-dependency.ts';
import { prepended } from './json-list.ts';
import { createPackageFiles, isSourceOnly } from './shared-package-files.ts';
import { ensureReferences, isBuiltByReferences } from './shared-package-references.ts';

/**
 * Makes the package that a service shares where it is missing, as a part of the workspace and as its siblings are made,
 * and has the service depend on it. Nothing for a service with copies of its own.
 */
export function ensureSharedPackage(draft: Draft, service: Service): void {
  const { shared } = service.layout;
  if (shared === undefined) return;
  const sibling = findSibling(draft.repo, service, shared.dir);
  const isNew = packageIn(draft.repo, shared.dir) === undefined;
  if (isNew) createPackage(draft, service, shared, sibling);
  const range = linkRange(draft, service, shared, sibling);
  const want = { name: shared.name, range, section: 'dependencies' } as const;
  const before = draft.repo.read(service.manifest.path);
  draft.patch(service.manifest.path, 'manifest', (base) => ensureDependency(base, want));
  if (!isSourceOnly({ sibling })) ensureReferences(draft, service, shared, sibling);
  if (isNew || draft.repo.read(service.manifest.path) !== before)
    noteBuildOrder(draft, service, {
      ...{ shared, sibling, isNew, isBuilt: !isSourceOnly({ sibling }) },
      isWorkspace: hasWorkspace(draft),
    });
}

/** How a manifest depends on a package of its own workspace, or of a folder beside it: as on its sibling. */
function linkRange(
  draft: Draft,
  { dir, tooling }: Service,
  shared: SharedPackage,
  sibling: Sibling | undefined,
): string {
  const { range = '' } = sibling?.link ?? {};
  if (/^(?:workspace:[*^~]|\*$)/.test(range)) return range;
  const protocol = /^(?:file|link|portal):/.exec(range)?.[0];
  const { packageManager } = tooling;
  const isBerry = draft.repo.read(toRel('.yarnrc.yml')) !== undefined;
  if (protocol !== undefined || !hasWorkspace(draft)) {
    const usual = { npm: 'file:', bun: 'file:', pnpm: 'link:', yarn: isBerry ? 'portal:' : 'link:' };
    return `${protocol ?? usual[packageManager]}${relativeRel(dir, shared.dir)}`;
  }
  const isStar = packageManager === 'npm' || (packageManager === 'yarn' && !isBerry);
  return isStar ? '*' : 'workspace:*';
}

/** Whether packages of the repository are installed together. */
function hasWorkspace({ repo }: Draft): boolean {
  const workspaces = readManifest(repo, toRel('package.json'))?.json['workspaces'];
  return workspaces !== undefined || repo.read(workspaceFile) !== undefined;
}

const workspaceFile = toRel('pnpm-workspace.yaml');

function createPackage(
  draft: Draft,
  service: Service,
  shared: SharedPackage,
  sibling: Sibling | undefined,
): void {
  createPackageFiles({ draft, service, shared, sibling, isReferenced: isBuiltByReferences(draft, service) });
  addToWorkspace(draft, shared.dir);
}

/** Before the others: npm builds packages in this order. */
function addToWorkspace(draft: Draft, dir: RelPath): void {
  const isMatched = (glob: unknown): boolean => glob === dir || glob === `${dirnameRel(dir)}/*`;
  const root = toRel('package.json');
  const workspaces = readManifest(draft.repo, root)?.json['workspaces'];
  const globs = isRecord(workspaces) ? workspaces['packages'] : workspaces;
  const place = isRecord(workspaces) ? ['workspaces', 'packages'] : ['workspaces'];
  if (Array.isArray(globs) && !globs.some(isMatched))
    draft.patch(root, 'manifest', (base) => prepended(base, place, JSON.stringify(dir)));
  const isBlock = draft.repo.read(workspaceFile) !== undefined;
  if (isBlock) draft.patch(workspaceFile, 'manifest', (base) => listedFirst(base, dir, isMatched));
}

/** In the block of `packages`; flow style is for people to change. */
function listedFirst(
  base: string,
  dir: RelPath,
  isMatched: (glob: unknown) => boolean,
): readonly TextChange[] {
  const lines = base.split('\n');
  const head = lines.findIndex((line) => /^packages:\s*$/.test(line));
  const rest = head < 0 ? [] : lines.slice(head + 1);
  const end = rest.findIndex((line) => !/^\s*(?:[-#]|$)/.test(line));
  const items = (end < 0 ? rest : rest.slice(0, end)).filter((line) => /^\s*-/.test(line));
  const [first] = items;
  const globs = items.map((line) => /^\s*- *['"]?([^'"#\s]*)/.exec(line)?.[1]);
  if (first === undefined || globs.some(isMatched)) return [];
  const at = lines.slice(0, lines.indexOf(first, head)).join('\n').length + 1;
  const [indent = ''] = /^\s*/.exec(first) ?? [];
  return [{ start: at, end: at, text: `${indent}- ${dir}${first.endsWith('\r') ? '\r\n' : '\n'}` }];
}
