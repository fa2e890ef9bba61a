import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { apply, plan } from '../../plopfile.ts';
import { freezePack } from '../../scripts/freeze.ts';
import { projectRoot } from './project-root.ts';

/** The pack as a user has it. */
export interface Pack {
  readonly apply: typeof apply;
  readonly plan: typeof plan;
}

export const olderVersion = '0.0.9';

/** Changes that have added a file: the statement of a plan that makes it now. */
const addedSince: Readonly<Record<string, readonly [file: string, statement: string]>> = {
  'one-file-middleware': [
    'generators/add-auth-middleware/plan.ts',
    "  createModule(files.authentication, 'authentication');\n",
  ],
};

/**
 * This pack as a version before, with the templates that a change (a folder of test/generators/older-templates) has
 * replaced since; and this pack as it is, which carries the renderer of that version.
 */
export async function olderPack(change: string): Promise<Readonly<{ older: Pack; today: Pack }>> {
  const old = copyOfPack(`${change}-older`);
  cpSync(join(projectRoot, 'test/generators/older-templates', change), join(old, 'templates'), {
    recursive: true,
  });
  const [file, statement = ''] = addedSince[change] ?? [];
  if (file !== undefined) takeOut(join(old, file), statement);
  setVersion(join(old, 'package.json'));
  const now = copyOfPack(`${change}-today`);
  await freezePack(old, join(now, 'released'));
  return { older: await load(old), today: await load(now) };
}

export function setVersion(manifest: string): void {
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, text.replace(/"version": "[^"]+"/, `"version": "${olderVersion}"`));
}

function takeOut(file: string, statement: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(statement)) throw new Error(`${file} has no ${statement}`);
  writeFileSync(file, text.replace(statement, ''));
}

function copyOfPack(name: string): string {
  const folder = join(projectRoot, '.cases', 'older-pack');
  mkdirSync(folder, { recursive: true });
  // Of its own: test files that run at the same time must not take it from one another.
  const copy = mkdtempSync(join(folder, `${name}-`));
  for (const part of ['generators', 'templates', 'plopfile.ts', 'package.json'])
    cpSync(join(projectRoot, part), join(copy, part), { recursive: true });
  return copy;
}

async function load(folder: string): Promise<Pack> {
  return (await import(pathToFileURL(join(folder, 'plopfile.ts')).href)) as Pack;
}
