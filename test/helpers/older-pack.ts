import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { apply, plan } from '../../plopfile.ts';
import { projectRoot } from './project-root.ts';

/** The pack as a user has it who has not upgraded. */
export interface Pack {
  readonly apply: typeof apply;
  readonly plan: typeof plan;
}

/** This pack with the templates that a change (a folder of test/generators/older-templates) has replaced since. */
export async function olderPack(change: string): Promise<Pack> {
  const older = join(projectRoot, '.cases', 'older-pack');
  mkdirSync(older, { recursive: true });
  // Of its own: test files that run at the same time must not take it from one another.
  const folder = mkdtempSync(join(older, `${change}-`));
  for (const part of ['generators', 'templates', 'plopfile.ts', 'package.json'])
    cpSync(join(projectRoot, part), join(folder, part), { recursive: true });
  cpSync(join(projectRoot, 'test/generators/older-templates', change), join(folder, 'templates'), {
    recursive: true,
  });
  return (await import(pathToFileURL(join(folder, 'plopfile.ts')).href)) as Pack;
}
