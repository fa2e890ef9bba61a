import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { execa } from 'execa';

/**
 * The path of a command; where there is none, installs its Debian package (as root) and says so.
 * @throws Error that says how to get it
 */
export async function ensureCommand(name: string, debian = name): Promise<string> {
  const [path = ''] = await ensureCommands({ [name]: debian });
  return path;
}

/**
 * The paths of commands, by name the Debian package of each; what is not there is installed at once.
 * @throws Error that says how to get them
 */
export async function ensureCommands(packages: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const missing = Object.keys(packages).filter((name) => findCommand(name) === undefined);
  if (missing.length > 0) await install(missing, packages);
  return Object.keys(packages).map((name) => {
    const path = findCommand(name);
    if (path === undefined) throw new Error(`apt installed ${name} outside the PATH`);
    return path;
  });
}

async function install(names: readonly string[], packages: Readonly<Record<string, string>>): Promise<void> {
  const commands = names.join(', ');
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version'))
    throw new Error(`These tests need ${commands}: install it so that it is on the PATH.`);
  const debian = names.map((name) => packages[name] ?? name);
  console.log(`No ${commands} on the PATH: installing it with apt (apt-get install ${debian.join(' ')}).`);
  const options = { stdin: 'ignore', env: { DEBIAN_FRONTEND: 'noninteractive' } } as const;
  await execa('apt-get', ['update', '--quiet'], options);
  await execa('apt-get', ['install', '--yes', '--no-install-recommends', ...debian], options);
}

function findCommand(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
