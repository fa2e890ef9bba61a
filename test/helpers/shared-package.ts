import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { execa } from 'execa';

import { openRepo } from '../../generators/_engine/repo/repo.ts';
import { surveyHeads } from '../../generators/_engine/repo/services.ts';
import { findSharedFolders, packageIn } from '../../generators/_engine/repo/shared-packages.ts';
import { projectRoot } from './project-root.ts';

/** Links the packages that services share, as an install does, and builds them; their folders. @throws Error when one does not build */
export async function buildShared(root: string): Promise<readonly string[]> {
  const repo = openRepo(root);
  const dirs = findSharedFolders(repo);
  for (const dir of dirs) {
    const name = packageIn(repo, dir)?.name ?? '';
    for (const { dir: service, manifest } of surveyHeads(repo)) {
      if (manifest.dependencies[name] === undefined) continue;
      const link = join(root, service, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      rmSync(link, { force: true });
      symlinkSync(relative(dirname(link), join(root, dir)), link, 'junction');
    }
    const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
    const { scripts = {} } = JSON.parse(readFileSync(join(root, dir, 'package.json'), 'utf8')) as {
      scripts?: Record<string, string>;
    };
    // One that services compile themselves has none.
    if (scripts['build'] === undefined) continue;
    const [, ...args] = scripts['build'].split(' ');
    await execa(process.execPath, [tsc, ...args], { cwd: join(root, dir), stdin: 'ignore' });
    if (!existsSync(join(root, dir, 'dist'))) throw new Error(`${dir} has no output`);
  }
  return dirs;
}
