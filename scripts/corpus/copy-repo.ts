import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { projectRoot } from '../../test/helpers/project-root.ts';

/**
 * Copies a repository without its history. Its installed packages are linked one by one, so that a package can be
 * added to the copy and the original stays as it is.
 */
export function copyRepo(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name === '.git') continue;
    const [source, target] = [join(from, name), join(to, name)];
    if (name === 'node_modules') linkPackages(source, target);
    else if (lstatSync(source).isDirectory()) copyRepo(source, target);
    else cpSync(source, target, { verbatimSymlinks: true });
  }
}

function linkPackages(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (name.startsWith('@')) linkPackages(join(from, name), join(to, name));
    else symlinkSync(join(from, name), join(to, name));
  }
}

/**
 * Puts packages that a change added beside those that are installed, with what they need: copies of this project's. One
 * of that name that is there has another version, which another package asked for.
 */
export function addPackages(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const target = join(folder, 'node_modules', name);
    const own = join(projectRoot, 'node_modules', name);
    if (!existsSync(own)) continue;
    rmSync(target, { recursive: true, force: true });
    mkdirSync(dirname(target), { recursive: true });
    cpSync(realpathSync(own), target, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as {
      readonly dependencies?: Readonly<Record<string, string>>;
    };
    const needed = Object.keys(manifest.dependencies ?? {});
    addPackages(
      folder,
      needed.filter((one) => !existsSync(join(folder, 'node_modules', one))),
    );
  }
}
