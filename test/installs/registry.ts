import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';

import { childEnvironment } from '../helpers/child-environment.ts';

/** Whether the package registry answers within a few seconds: a checkout can be tested where none does. */
export async function registryAnswers(): Promise<boolean> {
  const args = ['ping', '--fetch-timeout=4000', '--fetch-retries=0'];
  const { exitCode } = await execa('npm', args, { reject: false, stdin: 'ignore', timeout: 15_000 });
  return exitCode === 0;
}

/**
 * Installs packages (alias → specifier) into a temporary folder of their own, without links to their programs, which
 * would hide one another. Gives the `node_modules` folder.
 */
export async function installTools(tools: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 's2s-tools-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: tools }));
  await execa('npm', ['install', '--bin-links=false', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: folder,
    stdin: 'ignore',
    extendEnv: false,
    env: childEnvironment({}),
  });
  return join(folder, 'node_modules');
}
