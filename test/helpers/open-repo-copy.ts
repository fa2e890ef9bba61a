import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { execa } from 'execa';

import type { FixtureName } from './fixtures.ts';
import { projectRoot } from './project-root.ts';

/** A fixture as a git repo of its own, committed, below `.cases/`. */
export async function openRepoCopy(name: string, fixture: FixtureName): Promise<string> {
  const root = join(projectRoot, '.cases', name);
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  cpSync(join(projectRoot, 'fixtures', fixture), root, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|dist)$/.test(path),
  });
  const git = (...args: string[]) => execa('git', ['-c', 'core.autocrlf=false', ...args], { cwd: root });
  await git('init', '--quiet');
  await git('add', '--all');
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
  await git(...identity, 'commit', '--quiet', '--message', 'As it was');
  return root;
}
