import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';
import type { DependencyWant } from '../../model/wants.ts';
import { toRel } from '../../model/paths.ts';

/** The wish, taken from pnpm's catalog where the service takes others from there and the catalog has the package. */
export function fromCatalog(
  repo: Repo,
  { manifest }: Pick<ServiceHead, 'manifest'>,
  want: DependencyWant,
): DependencyWant {
  if (!Object.values(manifest.dependencies).includes('catalog:')) return want;
  const workspace = repo.read(toRel('pnpm-workspace.yaml')) ?? '';
  const block = /^catalog:[ \t]*\r?\n((?:[ \t]+.*(?:\r?\n|$)|[ \t]*\r?\n)*)/m.exec(workspace)?.[1] ?? '';
  const names = [...block.matchAll(/^[ \t]+['"]?([^'":\s]+)['"]?[ \t]*:/gm)].map(([, name]) => name);
  return names.includes(want.name) ? { ...want, range: 'catalog:' } : want;
}
