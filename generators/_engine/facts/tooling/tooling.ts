import { LOCKS } from 'package-manager-detector/constants';

import type { ToolingFact } from '../../model/code-facts.ts';
import { dirnameRel, joinRel, type RelPath } from '../../model/paths.ts';
import type { Repo } from '../../model/repo.ts';
import type { ServiceHead } from '../../model/service.ts';
import { isRecord, manifestsAbove } from '../../repo/manifest.ts';

type Manager = ToolingFact['packageManager'];

const managers = ['npm', 'pnpm', 'yarn', 'bun'] as const;

/** What a service is installed, formatted and run with; looks at its folder and those above, up to the root. */
export function surveyTooling(repo: Repo, { dir }: Pick<ServiceHead, 'dir'>): ToolingFact {
  const manifests = manifestsAbove(repo, dir);
  const has = (name: string): boolean =>
    manifests.some(({ dependencies }) => dependencies[name] !== undefined);
  const runTypeScript = has('tsx')
    ? ['--import', 'tsx']
    : has('ts-node')
      ? ['-r', 'ts-node/register']
      : undefined;
  return {
    ...packageManagerOf(repo, dir),
    formatter: formatterOf(repo, dir, has),
    ...(runTypeScript !== undefined && { runTypeScript }),
  };
}

function packageManagerOf(repo: Repo, dir: RelPath): Pick<ToolingFact, 'packageManager' | 'installRoot'> {
  const manifests = manifestsAbove(repo, dir);
  const declared = manifests.find(({ json }) => typeof json['packageManager'] === 'string');
  const named = managers.find((name) => String(declared?.json['packageManager']).startsWith(`${name}@`));
  const locked = foldersAbove(dir).flatMap((folder) => {
    const manager = lockedBy(repo, folder);
    return manager === undefined ? [] : [{ packageManager: manager, installRoot: folder }];
  });
  const workspace = manifests.find(
    ({ json, path }) => json['workspaces'] !== undefined && dirnameRel(path) !== dir,
  );
  const [lock] = locked;
  const installRoot = lock?.installRoot ?? (workspace === undefined ? undefined : dirnameRel(workspace.path));
  return { packageManager: named ?? lock?.packageManager ?? 'npm', installRoot: installRoot ?? dir };
}

function lockedBy(repo: Repo, folder: RelPath): Manager | undefined {
  const names = new Set(
    repo
      .list(folder)
      .filter(({ kind }) => kind === 'file')
      .map(({ name }) => name),
  );
  const [lock] = Object.keys(LOCKS).filter((name) => names.has(name));
  return managers.find((manager) => lock !== undefined && LOCKS[lock] === manager);
}

function formatterOf(repo: Repo, dir: RelPath, has: (name: string) => boolean): ToolingFact['formatter'] {
  for (const folder of foldersAbove(dir)) {
    const files = repo.list(folder).filter(({ kind }) => kind === 'file');
    if (files.some(({ name }) => /^\.prettierrc(\.|$)|^prettier\.config\./.test(name))) return 'prettier';
    if (files.some(({ name }) => /^\.?biome\.jsonc?$/.test(name))) return 'biome';
    const [manifest] = manifestsAbove(repo, folder);
    if (isRecord(manifest?.json['prettier'])) return 'prettier';
  }
  if (has('prettier')) return 'prettier';
  return has('@biomejs/biome') ? 'biome' : 'none';
}

function foldersAbove(dir: RelPath): readonly RelPath[] {
  return dir === '' ? [dir] : [dir, ...foldersAbove(joinRel(dir, '..'))];
}
