import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from './project-root.ts';

/**
 * What is built, with the templates that a change (a folder of test/generators/older-templates) has replaced since; gives
 * the folder that stands for `dist`.
 */
export function builtOlderPack(change: string): string {
  const folder = join(projectRoot, '.cases', `built-${change}`);
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(projectRoot, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(projectRoot, 'package.json'), join(folder, 'package.json'));
  cpSync(join(projectRoot, 'test/generators/older-templates', change), join(folder, 'dist/templates'), {
    recursive: true,
  });
  return join(folder, 'dist');
}
