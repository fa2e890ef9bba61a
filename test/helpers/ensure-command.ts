import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { execa } from 'execa';

/**
 * The path of a command; where there is none, installs its Debian package (as root) and says so.
 * @throws Error that says how to get it
 */
export async function ensureCommand(name: string, debian = name): Promise<string> {
  const found = findCommand(name);
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version'))
    throw new Error(`These tests need ${name}: install it so that it is on the PATH.`);
  console.log(`No ${name} on the PATH: installing it with apt (apt-get install ${debian}).`);
  const options = { stdin: 'ignore', env: { DEBIAN_FRONTEND: 'noninteractive' } } as const;
  await execa('apt-get', ['update', '--quiet'], options);
  await execa('apt-get', ['install', '--yes', '--no-install-recommends', debian], options);
  const installed = findCommand(name);
  if (installed === undefined) throw new Error(`apt installed ${name} outside the PATH`);
  return installed;
}

function findCommand(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
