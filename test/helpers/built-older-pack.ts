import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { freezePack } from '../../scripts/freeze.ts';
import { setVersion } from './older-pack.ts';
import { projectRoot } from './project-root.ts';

/**
 * What is built, with the templates that a change (a folder of test/generators/older-templates) has replaced since, and
 * what is built as it is, which carries the renderer of the other; gives the folders that stand for `dist`.
 */
export async function builtOlderPack(change: string): Promise<Readonly<{ older: string; today: string }>> {
  const [older, today] = [copyOfBuild(`built-${change}`), copyOfBuild(`built-after-${change}`)];
  cpSync(join(projectRoot, 'test/generators/older-templates', change), join(older, 'dist/templates'), {
    recursive: true,
  });
  setVersion(join(older, 'package.json'));
  await freezePack(join(older, 'dist'), join(today, 'released'), join(older, 'package.json'));
  return { older: join(older, 'dist'), today: join(today, 'dist') };
}

function copyOfBuild(name: string): string {
  const folder = join(projectRoot, '.cases', name);
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(projectRoot, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(projectRoot, 'package.json'), join(folder, 'package.json'));
  return folder;
}
